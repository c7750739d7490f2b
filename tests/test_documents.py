"""What the documentation names exists: files, modules, links, commands and their options, versions and numbers."""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from annotator import __version__
from annotator.cli.main import program_parser
from annotator.engine.settings import Sam2MotSettings, Sam2Settings
from annotator.formats.registry import writable
from annotator.jobs.tracking.config import PreannotateSettings, read_settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md",
                    ROOT / "packaging" / "README.md", ROOT / "benchmarks" / "RESULTS.md"])
_PACKAGES = "annotator|benchmarks|testbed|tests|tools"
_CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.M | re.S)
_PATH = re.compile(rf"(?<![\w/.-])(?:{_PACKAGES}|constraints|docs|packaging|resources)/[\w./*+-]*")
_MODULE = re.compile(rf"(?:python -m )?((?:{_PACKAGES})(?:\.\w+)+)")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
#: A stand-in for a name that the reader chooses.
_STAND_IN = "NAME"


def read(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def code(document: Path) -> Iterator[str]:
    """What is set as code: lines of blocks, and spans in the text."""
    for block, span in _CODE.findall(read(document)):
        yield from block.splitlines() if block else [span]


def name(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def anchors(document: Path) -> set[str]:
    """Names under which a page's headings can be linked."""
    headings = re.findall(r"^#+ (.*)$", read(document), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def module_exists(dotted: str) -> bool:
    """Whether it is a module, or what one defines or imports."""
    path = ROOT.joinpath(*dotted.split("."))
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    parent = path.parent / "__init__.py" if path.parent.is_dir() else path.parent.with_suffix(".py")
    return parent.is_file() and re.search(rf"\b{path.name}\b", read(parent)) is not None


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_files_that_are_named_exist(document: Path) -> None:
    named = {path.rstrip(".") for text in code(document) for path in _PATH.findall(text) if _STAND_IN not in path}
    assert [path for path in sorted(named) if not any(ROOT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_modules_that_are_named_exist(document: Path) -> None:
    named = {found[1] for text in code(document) if (found := _MODULE.match(text)) is not None}
    assert [module for module in sorted(named) if not module_exists(module)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for link in _LINK.findall(_CODE.sub("", read(document))):
        place, _, anchor = link.partition("#")
        if "://" in place:
            continue
        target = (document.parent / place).resolve() if place else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """Options of a command, those of its actions included."""
    found: set[str] = set()
    for action in parser._actions:
        found.update(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                found |= options_of(inner)
    return found


@cache
def commands() -> dict[str, argparse.ArgumentParser]:
    return cast(dict[str, argparse.ArgumentParser], program_parser()[1])


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_commands_and_their_options_exist(document: Path) -> None:
    for line in code(document):
        words = line.partition("#")[0].split()
        if len(words) < 2 or words[0] != "annotator" or words[1].startswith(("-", "[")) or "." in words[1]:
            continue
        if words[1] != "COMMAND":
            assert words[1] in commands(), line
            unknown = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", line)) - options_of(commands()[words[1]])
            assert not unknown, line


def test_the_table_of_options_is_that_of_the_command() -> None:
    page = read(ROOT / "docs" / "command-line.md")
    section = page.partition("## Options of `annotator preannotate`")[2].partition("\n## ")[0]
    listed = {option for row in re.findall(r"^\| `(.*?)` \|", section, re.M) for option in re.findall(r"--[\w-]+", row)}
    taken = {option for option in options_of(commands()["preannotate"]) if option.startswith("--")}
    assert listed == taken - {"--help", "--project", "--quiet", "--scene-cuts"}


def test_every_command_is_in_the_readme() -> None:
    table = read(ROOT / "README.md").partition("## The command line")[2].partition("## Hardware")[0]
    assert set(re.findall(r"^\| `annotator (\w+)", table, re.M)) == set(commands()) - {"window"}


def test_the_settings_file_of_the_documentation_is_valid(tmp_path: Path) -> None:
    _, _, rest = read(ROOT / "docs" / "command-line.md").partition("```yaml\n")
    example = tmp_path / "settings.yml"
    example.write_text(rest.partition("```")[0], encoding="utf-8")
    settings, _ = read_settings(example, {})
    assert settings.class_labels == {"truck": "car", "dog": None}
    assert settings.detection.tile == 1024


def test_the_readme_counts_the_formats() -> None:
    assert f"in any of {len(writable())} formats" in read(ROOT / "README.md").replace("\n", " ")


def test_the_version_is_the_same_everywhere() -> None:
    assert re.search(rf"^version: {re.escape(__version__)}$", read(ROOT / "CITATION.cff"), re.M)
    newest = re.search(r"^## (\d\S*)", read(ROOT / "CHANGELOG.md"), re.M)
    assert newest is not None
    assert newest[1] == __version__


def test_the_tests_that_are_named_as_proofs_exist() -> None:
    page = read(ROOT / "docs" / "explanation" / "recurring-requests.md")
    proofs = re.findall(r"^- `(tests/[\w/]+\.py)::(\w+)`$", page, re.M)
    requests = page.split("\n## ")[1:]
    assert len(requests) == 10
    assert all("- `tests/" in request for request in requests)
    assert len(proofs) == page.count("- `")
    assert [f"{file}::{test}" for file, test in proofs
            if not re.search(rf"^def {test}\(", read(ROOT / file), re.M)] == []


def keys_of(settings: object, path: str = "") -> Iterator[str]:
    for each in dataclasses.fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, each.name)
        yield path + each.name
        if dataclasses.is_dataclass(value):
            yield from keys_of(value, f"{path}{each.name}.")


def test_the_settings_that_are_explained_exist() -> None:
    page = read(ROOT / "docs" / "how-to" / "tracking-settings.md")
    known = set(keys_of(PreannotateSettings(sam2mot=Sam2MotSettings(), sam2=Sam2Settings())))
    rows = re.findall(r"^\| [^|]* \| `([\w.]+)` \| ", page, re.M)
    rows += re.findall(r"`([a-z_0-9.]+)`", "".join(re.findall(r"^\| (`[^|]*) \| [^|]* \|$", page, re.M)))
    assert len(rows) > 20
    assert set(rows) - known == set()


def test_the_figures_have_the_numbers_of_the_settings() -> None:
    figures = ROOT / "docs" / "images" / "figures"
    states, own = read(figures / "trajectory-manager.svg"), Sam2MotSettings()
    manager, interaction = own.trajectories, own.interaction
    for text in (f"above {manager.reliable:g}", f"{manager.pending:g} to {manager.reliable:g}",
                 f"{manager.suspicious:g} to {manager.pending:g}", f"{manager.suspicious:g} or less",
                 f"After {manager.max_lost} of them", f"score below {own.det_threshold:g}",
                 f"more than {1 - manager.uncovered:.0%}".replace("%", " %")):
        assert text in states
    crossing = read(figures / "interaction.svg")
    for text in (f"more than {interaction.mask_iou:g}", f"more than {interaction.score_gap:g}",
                 f"last {interaction.window} scores"):
        assert text in crossing


def test_every_page_is_in_an_index() -> None:
    for index in (ROOT / "docs" / "README.md", ROOT / "docs" / "decisions" / "README.md"):
        below = index.parent.rglob("*.md") if index.parent.name == "decisions" else (
            page for page in index.parent.rglob("*.md") if page.parent.name != "decisions")
        linked = {(index.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(read(index))}
        assert {page.resolve() for page in below} - {index.resolve()} <= linked
