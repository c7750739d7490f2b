"""The reference pages are what the code says now."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator

import pytest

from annotator.cli.main import program_parser
from annotator.engine.settings import TrajectorySettings
from tools.upkeep import reference_pages
from tools.upkeep.generated_parts import GeneratedPart
from tools.upkeep.reference_pages import COMMANDS, PYTHON, SETTINGS


@pytest.mark.parametrize(("part", "made"), [
    (COMMANDS, reference_pages.commands), (SETTINGS, reference_pages.settings),
    (PYTHON, reference_pages.python_interface)], ids=["commands", "settings", "python"])
def test_the_page_is_current(part: GeneratedPart, made: Callable[[], str]) -> None:
    assert part.read() == made(), "python -m tools.upkeep.reference_pages writes it anew"


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from parsers(inner)


def test_every_argument_is_listed_and_explained() -> None:
    page = reference_pages.commands()
    for parser in parsers(program_parser()[0]):
        for action in parser._actions:
            if action.help is argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction):
                continue
            assert action.help or len(list(action.choices or ())) > 6, f"{parser.prog}: {action.dest} has no help"
            for option in set(action.option_strings) - {"-h", "--help"}:
                assert f"`{option}" in page or f", {option}" in page


def test_every_setting_is_listed_with_its_meaning() -> None:
    rows = [line.split(" | ") for line in SETTINGS.read().splitlines() if line.startswith("| `")]
    assert [row[0] for row in rows if not row[2].strip(" |")] == []
    section = SETTINGS.read().partition("## `sam2mot.trajectories`")[2].partition("##")[0]
    for field in dataclasses.fields(TrajectorySettings):
        assert f"| `{field.name}` | " in section
