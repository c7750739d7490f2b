"""Settings dataclasses from plain data and YAML files; whatever is wrong is named with its file, line and key."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from annotator.errors import SettingsError

T = TypeVar("T")
KeyPath = tuple[str, ...]

_TYPE_WORDS: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a setting comes from, in words for a user."""

    source: str
    """File name, or "the command line"."""
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    """Line of each key, from 1."""
    options: frozenset[str] = frozenset()
    """Outermost keys that were given as options of the command line."""
    path: KeyPath = ()

    def key(self, name: str) -> Place:
        """The place of a key within this one."""
        return dataclasses.replace(self, path=(*self.path, name))

    def __str__(self) -> str:
        if self.path and self.path[0] in self.options:
            return f"--{self.path[0].replace('_', '-')}"
        line = self.lines.get(self.path)
        where = self.source if line is None else f"{self.source} line {line}"
        return f"{where}: {'.'.join(self.path)}" if self.path else where


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A YAML configuration as it stands in the file."""

    path: Path
    content: dict[str, Any]
    lines: dict[KeyPath, int]


def read_config(path: Path) -> ConfigFile:
    """Read a YAML configuration. Raises SettingsError naming file and line for what cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise SettingsError(f"{path} does not exist: give an existing configuration file") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not a text file: give a YAML file of settings") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}): check the path and its permissions") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark is not None else ""
        raise SettingsError(f"{path}{where} is not valid YAML: {getattr(error, 'problem', None) or error}") from error
    if content is None:
        return ConfigFile(path, {}, {})
    if not isinstance(content, dict):
        raise SettingsError(f"{path} holds no settings: write one `name: value` per line")
    return ConfigFile(path, content, _key_lines(root, path))


def _key_lines(node: Any, source: Path, prefix: KeyPath = ()) -> dict[KeyPath, int]:
    """Line of each key, nested ones included. Raises SettingsError for a key that comes twice."""
    lines: dict[KeyPath, int] = {}
    if not isinstance(node, yaml.MappingNode):
        return lines
    for key, value in node.value:
        path = (*prefix, str(key.value))
        line = key.start_mark.line + 1
        if path in lines:
            raise SettingsError(f"{source} line {line}: {'.'.join(path)} is given a second time (first on line "
                                f"{lines[path]}): keep one")
        lines[path] = line
        lines |= _key_lines(value, source, path)
    return lines


def build(kind: type[T], content: Mapping[str, Any], place: Place) -> T:
    """A settings dataclass from plain data. Raises SettingsError naming the place of what is unknown or wrong."""
    hints = typing.get_type_hints(kind)
    known = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]  # T is always a dataclass here
    values = {}
    for key, value in content.items():
        where = place.key(str(key))
        if key not in known:
            raise SettingsError(f"{where} is no setting; there are {', '.join(sorted(known))}")
        values[key] = _convert(hints[key], value, where)
    try:
        return kind(**values)
    except SettingsError as error:
        raise SettingsError(f"{_blamed(place, content, str(error))}: {error}") from error


def _blamed(place: Place, content: Mapping[str, Any], message: str) -> Place:
    """The key that a complaint speaks of, if it names exactly one of those given."""
    words = message.replace(".", " ").replace(":", " ").split()
    named = [key for key in content if key in words]
    return place.key(named[0]) if len(named) == 1 else place


def _convert(hint: Any, value: Any, where: Place) -> Any:
    if isinstance(hint, types.UnionType):
        if value is None and type(None) in hint.__args__:
            return None
        return _convert(next(a for a in hint.__args__ if a is not type(None)), value, where)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where} is {value!r}: it must be a mapping of setting names to values")
        return build(hint, value, where)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list | tuple) or not value or not all(isinstance(v, str) for v in value):
            raise SettingsError(f"{where} is {value!r}: it must be a list of names")
        return tuple(value)
    if typing.get_origin(hint) is dict:
        if not isinstance(value, Mapping) or not all(
                isinstance(k, str) and (v is None or isinstance(v, str)) for k, v in value.items()):
            raise SettingsError(f"{where} is {value!r}: it must be a mapping of names to names or null")
        return dict(value)
    if hint is float:
        return _number(value, where)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        try:
            return hint(value)
        except ValueError as error:
            raise SettingsError(f"{where} is {value!r}: choose {', '.join(hint)}") from error
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise SettingsError(f"{where} is {value!r}: it must be {_TYPE_WORDS[hint]}")
    return value


def _number(value: Any, where: Place) -> float:
    try:
        # YAML 1.1 reads 1e-3 as text.
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise SettingsError(f"{where} is {value!r}: it must be a number")
    return number
