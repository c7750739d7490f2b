"""The commands for upkeep: ``models``, ``doctor``, and ``relink`` for videos that were moved."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.exit_codes import OK, USER_ERROR
from annotator.cli.interrupts import cancel_on_interrupt
from annotator.cli.options import add_trust
from annotator.cli.progress import byte_progress
from annotator.console import Console
from annotator.errors import UserError

if TYPE_CHECKING:
    from annotator.engine.speed_trial import Trial


def add_commands(commands: Any) -> None:
    """Add this module's commands to the parser."""
    _add_models(commands)
    _add_doctor(commands)
    _add_relink(commands)


def _models(args: argparse.Namespace, console: Console) -> int:
    from annotator.engine.weights import checkpoints

    if args.action == "list":
        return _list_models(args.json)
    if args.action == "verify":
        hashes = {name: checkpoints.verify(name) for name in args.name or [w.name for w in checkpoints.installed()]}
        lines = [f"{name}: sha256 {digest} is correct" for name, digest in hashes.items()]
        print(json.dumps(hashes) if args.json else "\n".join(lines))
        return OK
    if not args.name:
        raise UserError("no model given: give a name from `annotator models list`")
    if args.action == "trial":
        return _try_models(args.name, args.device, args.json, console)
    from annotator.engine.weights.download import download

    paths = {name: str(download(name, progress=byte_progress(name, console), mirror=args.mirror))
             for name in args.name}
    console.end()
    print(json.dumps(paths) if args.json else "\n".join(f"{name}: {path}" for name, path in paths.items()))
    return OK


def _try_models(names: list[str], device: str, as_json: bool, console: Console) -> int:
    from annotator.engine import speed_trial
    from annotator.engine.weights import checkpoints

    trials = []
    for weights in map(checkpoints.known, names):
        with cancel_on_interrupt() as cancel:
            trials.append(speed_trial.run_trial(weights, device, cancel=cancel))
        speed_trial.remember_trial(trials[-1])
    console.end()
    print(json.dumps([asdict(trial) for trial in trials]) if as_json else "\n".join(map(_trial_text, trials)))
    return OK


def _trial_text(trial: Trial) -> str:
    return f"{trial.model}: {trial.fps:.2g} fps with {trial.objects} objects ({trial.device})"


def _list_models(as_json: bool) -> int:
    from annotator.engine.extensions import GROUPS, extensions
    from annotator.engine.speed_trial import remembered_trials
    from annotator.engine.weights import checkpoints

    trials = {trial.model: trial for trial in remembered_trials()}
    installed = {weights.name for weights in checkpoints.installed()}
    models = checkpoints.manifest()
    plugins = [each for kind in GROUPS for each in extensions(kind)]
    if as_json:
        own = [{"name": w.name, "kind": str(w.kind), "installed": w.name in installed, "size": w.size,
                "licence": w.licence, "path": str(w.path()), "url": w.url, "good_for": w.good_for,
                "trial": asdict(trials[w.name]) if w.name in trials else None} for w in models]
        added = [{"name": e.name, "kind": str(e.kind), "installed": True, "package": e.package} for e in plugins]
        print(json.dumps([*own, *added]))
        return OK
    print(f"models folder: {checkpoints.models_dir()}")
    for w in models:
        size = "built in" if w.built_in else "size unknown" if w.size is None else f"{w.size / 1e6:.0f} MB"
        mark = "installed" if w.name in installed else "-"
        print(f"  {w.name:<17} {w.kind:<10} {mark:<10} {size:>12}  {w.licence:<11} {w.good_for}")
        if w.name in trials:
            print(f"    measured here: {_trial_text(trials[w.name])}")
    for e in plugins:
        print(f"  {e.name:<17} {e.kind:<10} installed   from the package {e.package}")
    return OK


def _doctor(args: argparse.Namespace, _: Console) -> int:
    from annotator import doctor

    checks = doctor.report() if args.project is None else doctor.project_report(Path(args.project))
    print(json.dumps(doctor.as_data(checks)) if args.json else "\n".join(doctor.lines(checks)))
    damaged = args.project is not None and any(check.status is doctor.Status.FAILED for check in checks)
    return USER_ERROR if damaged else OK


def _relink(args: argparse.Namespace, _: Console) -> int:
    from annotator.jobs.project import open_project, relink

    project = Path(args.project)
    roots = [Path(root) for root in args.search] or [project.resolve().parent]
    with open_project(project, trusted=args.trust_project) as session:
        report = relink(session, roots)
    for name in report.in_place:
        print(f"{name}: already in place")
    for name, path in report.found.items():
        print(f"{name}: found at {path}")
    if report.missing:
        unread = (f"; {', '.join(report.refused)}: expected on another computer, which was not touched (add "
                  "--trust-project if you trust the project)") if report.refused else ""
        raise UserError(f"not found in {', '.join(map(str, roots))}: {', '.join(report.missing)}{unread}. Search other "
                        "folders with --search")
    return OK


# -- arguments -----------------------------------------------------------------------------------------------------


def _add_models(commands: Any) -> None:
    p = commands.add_parser("models", help="list, download and verify weights, and measure their speed")
    p.set_defaults(command=_models)
    p.add_argument("action", nargs="?", choices=("list", "download", "verify", "trial"), default="list",
                   help="what to do (default list); trial measures the speed of segmenters on this machine in "
                        "ten seconds, without downloading them")
    p.add_argument("name", nargs="*", help="models to download, verify or try; all for verify by default")
    p.add_argument("--device", default="auto", help="device of a trial: auto, cuda, cuda:N or cpu (default: auto)")
    p.add_argument("--mirror", metavar="URL", help="download from this base URL (also: the environment variable "
                   "ANNOTATOR_MIRROR)")
    p.add_argument("--json", action="store_true", help="print JSON")


def _add_doctor(commands: Any) -> None:
    p = commands.add_parser("doctor", help="check the installation (what is installed, what is missing), or whether a "
                            "project file is whole")
    p.set_defaults(command=_doctor)
    p.add_argument("project", nargs="?", metavar="P.annot", help="check this project instead; nothing is changed")
    p.add_argument("--json", action="store_true", help="print JSON")


def _add_relink(commands: Any) -> None:
    p = commands.add_parser("relink", help="find a project's videos after they were moved")
    p.set_defaults(command=_relink)
    p.add_argument("project", metavar="P.annot", help="the project")
    p.add_argument("--search", nargs="+", default=[], metavar="DIR",
                   help="folders to search (default: the project's folder)")
    add_trust(p)
