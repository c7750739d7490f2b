"""Read XML element by element, without entities or external files and with limited depth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from annotator.errors import FormatError

_DEEPEST = 32
_NOT_FINITE = frozenset({"nan", "inf", "-inf", "+inf", "infinity", "-infinity"})


def iterate_xml(path: Path, expected: str) -> Iterator[tuple[str, int, Element]]:
    """Yield ``("start" | "end", depth, element)`` in file order; the root has depth 0. Elements are complete at "end".

    Completed children of the root are discarded, so memory use does not grow with the file. Raises FormatError if the
    file is not XML, nests deeper than any label file, or declares a document type or entities.
    """
    stack: list[Element] = []
    try:
        with path.open("rb") as file:
            events: Any = iterparse(file, ("start", "end"), forbid_dtd=True)
            for event, element in events:
                if event == "start":
                    yield "start", len(stack), element
                    stack.append(element)
                    if len(stack) > _DEEPEST:
                        raise FormatError(f"{path} nests elements {len(stack)} deep; expected {expected}")
                    continue
                stack.pop()
                yield "end", len(stack), element
                if len(stack) == 1:
                    stack[0].remove(element)
    except DefusedXmlException as error:
        raise FormatError(f"{path} declares a document type or entities, which are refused for safety; expected "
                          f"{expected}") from error
    except (ParseError, UnicodeError, LookupError, ValueError) as error:
        raise FormatError(f"{path} is not XML ({str(error)[:120]}); expected {expected}") from error
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror or error}") from error


def attribute(path: Path, where: str, element: Element, name: str, expected: str, finite: bool = True) -> float:
    """Read an attribute of an element as a finite number, or as NaN if it is written so. Raises FormatError."""
    text = element.get(name, "")
    if not finite and text.strip().lower() in _NOT_FINITE:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e15:
        raise FormatError(f"{path} {where}: found {name}={text[:40]!r}; expected a number ({expected})")
    return value
