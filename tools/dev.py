"""Set up and run the project with nothing but Python: what the Makefile calls, and what works without make.

    python tools/dev.py demo [arguments of `annotator demo`]
    python tools/dev.py test [arguments of pytest]: all tests on all cores, or the chosen ones in one process
    python tools/dev.py check          ruff, mypy, import-linter
    python tools/dev.py docs           the documentation site, in build/site; any broken link is an error
    python tools/dev.py setup          only create .venv and install
    python tools/dev.py clean          remove .venv and everything built

The first command creates .venv and installs there; later ones reuse it until pyproject.toml or the constraints change.

Environment:
    ANNOTATOR_EXTRAS           extras to install, comma-separated (default: dev,docs,mmdet,tables,window); `dev`
                               alone leaves out the rest, and what needs it is skipped
    ANNOTATOR_SYSTEM_PACKAGES  1: .venv sees the packages of the Python that made it, and its torch is kept as it is
    ANNOTATOR_INSTALL_SYSTEM   1: install missing system libraries instead of naming the command (needs root)
    ANNOTATOR_TEST_WORKERS     processes that share all tests (default: one per core); 1: none but pytest's own
    PIP_*                      pip's own settings (index, wheels folder, proxy, certificate) are passed on
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from annotator.system_libraries import (  # noqa: E402 - found by the line above
    OPENCV_LIBRARIES,
    QT_LIBRARIES,
    install_command,
    missing_libraries,
)

VENV = ROOT / ".venv"
STAMP = VENV / "installed.sha256"
OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED_GB = 4
#: More processes than this do not end sooner: the longest file of tests takes as long. Each holds all libraries.
MOST_WORKERS, WORKER_GB = 16, 1.5

#: What pip says: what to tell the user, in the order of importance.
PIP_TROUBLES = (
    ("No space left on device", "The disk is full: free {gb} GB and run the same command again."),
    ("CERTIFICATE_VERIFY_FAILED", "The package registry's certificate is not trusted here: set PIP_CERT to your "
                                  "organisation's certificate file and run the same command again."),
    ("Failed to establish a new connection", "No network, or the package registry cannot be reached. Connect, or set "
                                             "PIP_INDEX_URL or PIP_PROXY (or PIP_FIND_LINKS with PIP_NO_INDEX=1 for a "
                                             "folder of wheels), and run the same command again."),
    ("Name or service not known", "No network: the package registry's name cannot be resolved. Connect, or set "
                                  "PIP_INDEX_URL or PIP_PROXY, and run the same command again."),
    ("Read timed out", "The package registry answers too slowly: run the same command again; what is downloaded "
                       "is kept."),
    ("No matching distribution found", "The package registry has no build of the package named above for this Python "
                                       "and system. See constraints/dev.txt, or try Python 3.12."),
)


class SetupError(Exception):
    """Something the user must mend; the message is one line."""


def say(text: str) -> None:
    """One line of progress, in front of what the child processes print."""
    print(f"==> {text}", flush=True)


def venv_program(name: str) -> Path:
    """Path of a program in .venv."""
    return VENV / ("Scripts" if os.name == "nt" else "bin") / (f"{name}.exe" if os.name == "nt" else name)


def child_environment() -> dict[str, str]:
    """The caller's environment, less what would lead a child out of .venv."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")}
    # Its CUDA extension only fills holes in masks, needs the whole CUDA toolkit to build, and is not used.
    env["SAM2_BUILD_CUDA"] = "0"
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    env.setdefault("PYTHONUTF8", "1")
    return env


def extras() -> list[str]:
    wanted = os.environ.get("ANNOTATOR_EXTRAS", "window,mmdet,tables,docs,dev")
    return [extra.strip() for extra in wanted.split(",") if extra.strip()]


def uses_system_packages() -> bool:
    return os.environ.get("ANNOTATOR_SYSTEM_PACKAGES", "") not in ("", "0")


# --- the machine ------------------------------------------------------------------------------------------------------


def use_right_python() -> None:
    """Go on in a supported Python if this one is not and another is installed."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    found = ".".join(map(str, sys.version_info[:3]))
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = f"3.{minor}"
        command = ["py", f"-{name}"] if os.name == "nt" else [f"python{name}"]
        if shutil.which(command[0]) is None:
            continue
        if subprocess.run([*command, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0:
            say(f"Python {found} is not supported; going on with Python {name}")
            sys.exit(subprocess.run([*command, __file__, *sys.argv[1:]]).returncode)
    raise SetupError(f"Python 3.{OLDEST[1]} to 3.{NEWEST[1]} is needed and this is {found}: install one of them, for "
                     "example from python.org, and run the same command again.")


def check_system_libraries() -> None:
    """On Linux, see that what OpenCV and Qt link to is there; install it or name the command that does."""
    if not sys.platform.startswith("linux"):
        return
    table = {**OPENCV_LIBRARIES, **(QT_LIBRARIES if "window" in extras() else {})}
    missing = missing_libraries(table)
    if not missing:
        return
    needed = [name for name in missing if name in OPENCV_LIBRARIES]
    command = install_command(missing)
    if command is None:
        cannot_do_without(needed, missing, "Install the packages that hold them.")
        return
    if os.environ.get("ANNOTATOR_INSTALL_SYSTEM", "") in ("", "0"):
        advice = f"Install them with: {'' if os.geteuid() == 0 else 'sudo '}{' '.join(command)}"
        cannot_do_without(needed, missing, advice)
        return
    say(f"Installing system libraries: {' '.join(command)}")
    if command[0] == "apt-get":
        subprocess.run(["apt-get", "update", "-q"])
    subprocess.run(command)
    missing = missing_libraries(table)
    if missing:
        needed = [name for name in missing if name in OPENCV_LIBRARIES]
        cannot_do_without(needed, missing, f"Try by hand: {' '.join(command)}")


def cannot_do_without(needed: list[str], missing: list[str], advice: str) -> None:
    """An error for libraries that every command needs, a word about those that only the window needs."""
    if needed:
        raise SetupError(f"System libraries are missing: {', '.join(missing)}. {advice}")
    say(f"The window cannot open here, for want of {', '.join(missing)}. {advice}")


def check_disk() -> None:
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    if free_gb < NEEDED_GB:
        raise SetupError(f"{ROOT} has {free_gb:.1f} GB free and the installation takes up to {NEEDED_GB} GB (more "
                         "with a CUDA build of torch): free some space and run the same command again.")


# --- .venv ------------------------------------------------------------------------------------------------------------


def fingerprint() -> str:
    """What decides whether .venv is up to date."""
    text = json.dumps([extras(), uses_system_packages(), sys.version_info[:2], str(ROOT)]).encode()
    files = [ROOT / "pyproject.toml", ROOT / "annotator" / "__init__.py", *sorted((ROOT / "constraints").glob("*.txt"))]
    return hashlib.sha256(text + b"".join(f.read_bytes() for f in files)).hexdigest()


def is_installed() -> bool:
    return STAMP.is_file() and STAMP.read_text() == fingerprint() and venv_program("python").exists()


def create_venv() -> None:
    """A working .venv of this Python and of the wanted kind; what is there is kept if it is one."""
    settings = VENV / "pyvenv.cfg"
    if settings.is_file():
        shares = "include-system-site-packages = true" in settings.read_text()
        probe = [str(venv_program("python")), "-c", "import pip, sys; print(sys.version_info[:2])"]
        try:
            answer = subprocess.run(probe, capture_output=True, text=True, env=child_environment()).stdout.strip()
        except OSError:
            answer = ""
        if shares == uses_system_packages() and answer == str(sys.version_info[:2]):
            return
    if VENV.exists():
        say("Replacing .venv, which is broken or of another Python")
        shutil.rmtree(VENV)
    command = [sys.executable, "-m", "venv", *(["--system-site-packages"] if uses_system_packages() else []), str(VENV)]
    if subprocess.run(command, env=child_environment()).returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError("This Python cannot create environments; on Debian and Ubuntu install the missing part with: "
                         f"sudo apt-get install python{version}-venv")


def pip_install(*arguments: str) -> None:
    """pip with its progress shown; one clear line at the end if it fails."""
    command = [str(venv_program("python")), "-m", "pip", "install", *arguments]
    said: list[str] = []
    # Errors come through here to be recognised; progress bars go straight to the terminal.
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace", env=child_environment(),
                          cwd=ROOT) as process:
        assert process.stderr is not None
        for line in process.stderr:
            sys.stderr.write(line)
            said.append(line)
    if process.returncode != 0:
        everything = "".join(said)
        for sign, advice in PIP_TROUBLES:
            if sign in everything:
                raise SetupError(advice.format(gb=NEEDED_GB))
        raise SetupError("pip could not install the packages; its last lines above say why. Run the same command again "
                         "when that is mended; what is downloaded is kept.")


def system_versions() -> dict[str, str]:
    """Versions of the torch packages that .venv inherits."""
    code = ("import importlib.metadata as m, json\n"
            "print(json.dumps({d.metadata['Name'].lower(): d.version for d in m.distributions()}))")
    answer = subprocess.run([str(venv_program("python")), "-c", code], capture_output=True, text=True, check=True,
                            env=child_environment())
    versions: dict[str, str] = json.loads(answer.stdout)
    return {name: versions[name] for name in ("torch", "torchvision") if name in versions}


def constraint_file() -> Path:
    """The pins; with system packages, torch is pinned to what the machine has."""
    pins = ROOT / "constraints" / "dev.txt"
    if not uses_system_packages():
        return pins
    own = system_versions()
    if "torch" not in own:
        raise SetupError(f"ANNOTATOR_SYSTEM_PACKAGES is set but {sys.executable} has no torch: install torch there, or "
                         "unset the variable.")
    kept = [line for line in pins.read_text().splitlines() if not line.startswith(("torch==", "torchvision=="))]
    path = VENV / "constraints.txt"
    path.write_text("\n".join([*kept, *(f"{name}=={version}" for name, version in own.items())]) + "\n")
    return path


def setup() -> None:
    """Bring .venv up to date; does nothing if it is."""
    check_system_libraries()
    if is_installed():
        return
    check_disk()
    start = time.monotonic()
    say("1/4 Creating .venv")
    create_venv()
    STAMP.unlink(missing_ok=True)
    say("2/4 Updating pip")
    pip_install("--upgrade", "pip>=25.3")
    pins = constraint_file()
    say("3/4 Installing torch (the largest part; on Linux its usual build brings CUDA, several GB)")
    pip_install("--constraint", str(pins), "torch", "torchvision", "setuptools<81", "wheel")
    # sam2 is published as source and its set-up imports torch. In an isolated build pip would unpack a second torch.
    pip_install("--constraint", str(pins), "--no-build-isolation", "--no-deps", "sam2==1.1.0")
    say("4/4 Installing the annotator and the rest")
    wanted = f".[{','.join(extras())}]" if extras() else "."
    pip_install("--constraint", str(pins), "--build-constraint", str(ROOT / "constraints" / "build.txt"), "-e", wanted)
    STAMP.write_text(fingerprint())
    say(f"Installed in {time.monotonic() - start:.0f} s")


# --- commands ---------------------------------------------------------------------------------------------------------


def run(*command: str | Path, **extra_environment: str) -> int:
    """Run something of .venv in the project's root, with its output shown."""
    environment = {**child_environment(), **extra_environment}
    return subprocess.run([str(c) for c in command], cwd=ROOT, env=environment).returncode


def demo(arguments: list[str]) -> int:
    setup()
    say("Running the demo")
    return run(venv_program("annotator"), "demo", *arguments)


def chooses_tests(arguments: Sequence[str]) -> bool:
    """Whether pytest is to run some tests only, or wants the terminal for itself: workers would cost more than they
    save, or be in the way."""
    long = {"--lf", "--last-failed", "--sw", "--stepwise", "--pdb", "--trace", "--co", "--collect-only", "--capture",
            "--numprocesses"}
    for argument in arguments:
        if argument.partition("=")[0] in long or argument[:2] in ("-k", "-m", "-s", "-n"):
            return True
        if not argument.startswith("-") and (ROOT / argument.split("::")[0]).exists():
            return True
    return False


def test_workers() -> int:
    """Processes for all tests: one per core that is ours, each of which needs its memory."""
    wanted = os.environ.get("ANNOTATOR_TEST_WORKERS", "").strip()
    if wanted:
        if not wanted.isdecimal() or int(wanted) < 1:
            raise SetupError(f"ANNOTATOR_TEST_WORKERS is {wanted!r}: set it to the number of processes, such as 4")
        return int(wanted)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = MOST_WORKERS * WORKER_GB
    with contextlib.suppress(AttributeError, OSError, ValueError):  # not on Windows
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return max(1, min(cores, MOST_WORKERS, int(memory / WORKER_GB)))


def test(arguments: list[str]) -> int:
    workers = 1 if chooses_tests(arguments) else test_workers()
    setup()
    # A file's tests stay together, as they share what its fixtures build; tests/conftest.py puts the long files first.
    spread = ["-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"] if workers > 1 else []
    return run(venv_program("python"), "-m", "pytest", "-q", "--durations=10", *spread, *arguments,
               QT_QPA_PLATFORM="offscreen")


def check(arguments: list[str]) -> int:
    """All three, so that one run shows everything; the worst exit status."""
    if arguments:
        raise SetupError("check takes no arguments")
    setup()
    status = 0
    for command in (["ruff", "check", "."], ["mypy"], ["lint-imports"]):
        say(" ".join(command))
        status = max(status, run(venv_program(command[0]), *command[1:]))
    return status


def docs(arguments: list[str]) -> int:
    """Build the documentation site; a link that leads nowhere and a page outside the navigation are errors."""
    if arguments:
        raise SetupError("docs takes no arguments")
    if "docs" not in extras():
        raise SetupError("ANNOTATOR_EXTRAS does not name docs, which brings MkDocs: unset it, or add docs to it")
    setup()
    say("mkdocs build --strict")
    status = run(venv_program("python"), "-m", "mkdocs", "build", "--strict", NO_MKDOCS_2_WARNING="1")
    if status == 0:
        say("Built in build/site; `python -m http.server -d build/site` serves it on port 8000")
    return status


def clean(arguments: list[str]) -> int:
    if arguments:
        raise SetupError("clean takes no arguments")
    caches = [".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis"]
    for name in (".venv", "build", "dist", *caches):
        if (ROOT / name).exists():
            say(f"Removing {name}")
            shutil.rmtree(ROOT / name)
    return 0


def only_setup(arguments: list[str]) -> int:
    if arguments:
        raise SetupError("setup takes no arguments")
    setup()
    say(f"Ready: {venv_program('annotator')}")
    return 0


COMMANDS = {"demo": demo, "test": test, "check": check, "docs": docs, "setup": only_setup, "clean": clean}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on")
    options = parser.parse_args()
    try:
        use_right_python()
        return COMMANDS[options.command](options.arguments)
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
