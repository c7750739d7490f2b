"""Settings dataclasses from plain data and YAML files; whatever is wrong is named with its file, line and key."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from annotator.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

T = TypeVar("T", bound="DataclassInstance")
KeyPath = tuple[str, ...]

#: What a setting must be, by the type of pydantic's error.
_TYPE_WORDS = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "tuple_type": "a list of names",
    "dict_type": "a mapping of names to names or null",
    "dataclass_type": "a mapping of setting names to values",
}
_TAG = "tag:yaml.org,2002:"
_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")


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

    @property
    def line(self) -> int | None:
        """Its line, from 1; None where there is none or it is not known."""
        return self.lines.get(self.path)

    def at(self, keys: KeyPath) -> Place:
        """The place that these keys lead to from this one."""
        return dataclasses.replace(self, path=(*self.path, *keys))

    def __str__(self) -> str:
        if self.path and self.path[0] in self.options:
            return f"--{self.path[0].replace('_', '-')}"
        where = self.source if self.line is None else f"{self.source} line {self.line}"
        return f"{where}: {'.'.join(self.path)}" if self.path else where


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A YAML configuration as it stands in the file."""

    path: Path
    content: dict[str, Any]
    lines: dict[KeyPath, int]


class _Loader(yaml.SafeLoader):
    """Reads what JSON can hold. A key is text ("no" is not false), so is a date, and 1e-3 is a number."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """See `yaml.SafeLoader`."""
        self.flatten_mapping(node)
        return {self.construct_scalar(key): self.construct_object(value, deep=deep) for key, value in node.value}


_Loader.add_implicit_resolver(f"{_TAG}float", _EXPONENT, list("-+.0123456789"))
_Loader.add_constructor(f"{_TAG}timestamp", lambda loader, node: node.value)
for _tag in ("binary", "omap", "pairs", "set"):
    del _Loader.yaml_constructors[f"{_TAG}{_tag}"]


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
        root = yaml.compose(text, Loader=_Loader)
        lines = _key_lines(root, path)
        content = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark is not None else ""
        raise SettingsError(f"{path}{where} is not valid YAML: {getattr(error, 'problem', None) or error}") from error
    except RecursionError as error:
        raise SettingsError(f"{path} is nested too deeply: write each setting once, without aliases") from error
    if content is None:
        return ConfigFile(path, {}, {})
    if not isinstance(content, dict):
        raise SettingsError(f"{path} holds no settings: write one `name: value` per line")
    return ConfigFile(path, content, lines)


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
    """Return a settings dataclass from plain data. Raises SettingsError naming the place of what is unknown or wrong.

    The data is read as JSON, strictly: lists become tuples, texts become enumerations, whole numbers serve as numbers;
    nothing else is converted.
    """
    from pydantic import ValidationError
    from pydantic_core import PydanticSerializationError, to_json

    try:
        data = to_json(content, inf_nan_mode="strings")
        settings: T = _adapter(kind).validate_json(data, strict=True, extra="forbid")
    except PydanticSerializationError as error:
        raise SettingsError(f"{place} holds text that is not Unicode or a list that contains itself: write plain "
                            "values") from error
    except ValidationError as error:
        first = min(error.errors(), key=lambda each: place.at(_keys(each)).line or 0)
        raise SettingsError(_complaint(kind, place, first)) from error
    return settings


@cache
def _adapter(kind: type[DataclassInstance]) -> TypeAdapter[Any]:
    # Here, because it takes a tenth of a second and most commands read no settings.
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _complaint(kind: type[DataclassInstance], place: Place, error: ErrorDetails) -> str:
    keys, value = _keys(error), error["input"]
    where = place.at(keys)
    if error["type"] == "value_error":
        reason = str(error["ctx"]["error"])
        return f"{_blamed(where, value, reason)}: {reason}"
    if error["type"] == "unexpected_keyword_argument":
        return f"{where} is no setting; there are {', '.join(_known(kind, keys[:-1]))}"
    if error["type"] == "enum":
        return f"{where} is {value!r}: choose {error['ctx']['expected']}"
    if keys != error["loc"]:
        return f"{where} holds {value!r}: it must be {_TYPE_WORDS['tuple_type']}"
    return f"{where} is {value!r}: it must be {_TYPE_WORDS[error['type']]}"


def _keys(error: ErrorDetails) -> KeyPath:
    """The keys that lead to an error; without the number of an item in a list."""
    return tuple(str(part) for part in takewhile(lambda part: isinstance(part, str), error["loc"]))


def _known(kind: type[DataclassInstance], path: KeyPath) -> list[str]:
    """Names of the settings in the part of a dataclass that a path leads to."""
    for name in path:
        hint = typing.get_type_hints(kind)[name]
        kind = next(each for each in (hint, *typing.get_args(hint)) if hasattr(each, "__dataclass_fields__"))
    return sorted(each.name for each in dataclasses.fields(kind))


def _blamed(place: Place, content: Mapping[str, Any], reason: str) -> Place:
    """The key that a complaint speaks of, if it names exactly one of those given."""
    words = reason.replace(".", " ").replace(":", " ").split()
    named = [key for key in content if key in words]
    return place.at((named[0],)) if len(named) == 1 else place
