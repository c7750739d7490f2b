"""Parts of documents that a program writes: they stand between two comments, and tests compare them with the code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
_END = "<!-- end of the generated part -->\n"


@dataclass(frozen=True, slots=True)
class GeneratedPart:
    """The part of a document that a module of this package writes."""

    document: Path
    module: str
    """Name of the module that writes it, within `tools.upkeep`."""

    @property
    def begin(self) -> str:
        """The comment before the part, which names the module."""
        return f"<!-- made by tools.upkeep.{self.module} -->\n"

    def read(self) -> str:
        """Return the part as the document has it. Raises ValueError if the document has no place for it."""
        return self._split()[1]

    def write(self, content: str) -> None:
        """Replace the part. Raises ValueError if the document has no place for it."""
        before, _, after = self._split()
        self.document.write_text(before + self.begin + content + _END + after, encoding="utf-8", newline="\n")

    def _split(self) -> tuple[str, str, str]:
        before, begin, rest = self.document.read_text(encoding="utf-8").partition(self.begin)
        content, end, after = rest.partition(_END)
        if not begin or not end:
            raise ValueError(f"{self.document} lacks the line {self.begin!r} or, after it, {_END!r}")
        return before, content, after


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ("---",) * len(head), *rows])


def cell(text: str) -> str:
    """Return a text as one cell: in one line, with its bars escaped."""
    return " ".join(text.split()).replace("|", "\\|")
