"""Generate reference pages from the code: commands, settings, the Python interface.

``python -m tools.upkeep.reference_pages`` writes them; tests fail if a page differs.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import textwrap
import typing
from collections.abc import Iterator
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any

from annotator import notebook
from annotator.cli.main import program_parser
from annotator.jobs.tracking.config import PreannotateSettings
from tools.upkeep.generated_parts import DOCS, GeneratedPart, cell, table

_HERE = "reference_pages"
COMMANDS = GeneratedPart(DOCS / "reference" / "commands.md", _HERE)
SETTINGS = GeneratedPart(DOCS / "reference" / "settings.md", _HERE)
PYTHON = GeneratedPart(DOCS / "reference" / "python.md", _HERE)

# -- commands ------------------------------------------------------------------------------------------------------


def commands() -> str:
    """Return every command with its arguments and options, in the order of ``annotator --help``."""
    parser, _ = program_parser()
    parts = ["## `annotator`\n\n", _options(parser)]
    for name, command, summary in _commands_of(parser):
        parts += [f"\n## `annotator {name}`\n\n{_sentence(summary)}\n\n{_description(command)}{_options(command)}"]
        for inner, action, meaning in _commands_of(command):
            parts += [f"\n### `annotator {name} P.annot {inner}`\n\n{_sentence(meaning)}\n\n{_options(action)}"]
    return "\n" + "".join(parts).replace("\n\n\n", "\n\n") + "\n"


def _commands_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield choice.dest, action.choices[choice.dest], choice.help or ""


def _description(parser: argparse.ArgumentParser) -> str:
    return f"{parser.description}\n\n" if parser.description else ""


def _options(parser: argparse.ArgumentParser) -> str:
    rows = [(_names(action), cell(_meaning(action, parser))) for action in parser._actions
            if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
            and action.help is not argparse.SUPPRESS]
    return table(("Argument", "Meaning"), rows) if rows else ""


def _names(action: argparse.Action) -> str:
    value = _value(action)
    if not action.option_strings:
        return f"`{cell(value)}`"
    names = ", ".join(action.option_strings)
    return f"`{cell(f'{names} {value}'.strip())}`" + (" (required)" if action.required else "")


def _value(action: argparse.Action) -> str:
    """Return the placeholder of the value, as the command's usage has it."""
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return ""
    if isinstance(action.metavar, str):
        name = action.metavar
    elif action.choices is not None:
        name = "|".join(map(str, action.choices)) if len(list(action.choices)) <= 6 else "NAME"
    else:
        name = action.dest.upper()
    return {"+": f"{name}...", "*": f"[{name}...]", "?": f"[{name}]", 2: f"{name} {name}"}.get(action.nargs or "", name)


def _meaning(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    text = (action.help or "") % {"prog": parser.prog, "default": action.default}
    choices = list(action.choices or ())
    if len(choices) > 6:
        text = "; ".join(filter(None, [text, "one of " + ", ".join(f"`{name}`" for name in choices)]))
    return text


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


# -- settings ------------------------------------------------------------------------------------------------------


def settings() -> str:
    """Return every key of a settings file with its default and meaning, section by section."""
    return "\n" + "\n".join(_sections(PreannotateSettings, "")) + "\n"


def _sections(owner: Any, path: str) -> Iterator[str]:
    hints, documented, inner, rows = typing.get_type_hints(owner), _attribute_docs(owner), [], []
    for field in dataclasses.fields(owner):
        section = next((each for each in (hints[field.name], *typing.get_args(hints[field.name]))
                        if dataclasses.is_dataclass(each)), None)
        if section is not None:
            inner.append((section, f"{path}{field.name}"))
        else:
            meaning = cell(documented.get(field.name, "")).replace("None", "null")  # as YAML has it
            rows.append((f"`{field.name}`", f"`{_default(field)}`", meaning))
    title = f"## `{path.rstrip('.')}`" if path else "## Top level"
    yield f"{title}\n\n{table(('Key', 'Default', 'Meaning'), rows)}" if rows else ""
    for section, name in inner:
        yield from _sections(section, f"{name}.")


def _default(field: dataclasses.Field[Any]) -> str:
    value = field.default
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value.value if isinstance(value, Enum) else value)


@cache
def _attribute_docs(owner: type) -> dict[str, str]:
    """Return the texts below a class's attributes, those of its bases included."""
    found: dict[str, str] = {}
    for each in reversed(owner.__mro__):
        if dataclasses.is_dataclass(each):
            (body,) = (node.body for node in ast.parse(textwrap.dedent(inspect.getsource(each))).body
                       if isinstance(node, ast.ClassDef))
            for attribute, text in pairwise(body):
                if (isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name)
                        and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)):
                    found[attribute.target.id] = str(text.value.value)
    return found


# -- Python --------------------------------------------------------------------------------------------------------


def python_interface() -> str:
    """Return the public classes and functions of `annotator.notebook`, each with the first sentence about it."""
    rows = []
    for name in notebook.__all__:
        member = getattr(notebook, name)
        rows.append((f"`{name}`", _first_sentence(member)))
        for inner, attribute in vars(member).items():
            function = getattr(attribute, "fget", None) or getattr(attribute, "__func__", attribute)
            if not inner.startswith("_") and inspect.isfunction(function):
                rows.append((f"`{name}.{inner}`", _first_sentence(function)))
    return "\n" + table(("Name", "What it is"), rows) + "\n"


def _first_sentence(member: object) -> str:
    text = " ".join((inspect.getdoc(member) or "").split("\n\n")[0].split())
    return cell(text.partition(". ")[0].rstrip(".") + ".")


def main() -> None:
    """Write the pages."""
    COMMANDS.write(commands())
    SETTINGS.write(settings())
    PYTHON.write(python_interface())


if __name__ == "__main__":
    main()
