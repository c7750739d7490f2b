"""The documentation that comes with the program: its pages, their links and a search, without Qt."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from annotator.errors import UserError

_PACKAGE = Path(__file__).resolve().parent

HOME, TUTORIAL = "docs/README.md", "docs/tutorial.md"
#: Pages that list further pages.
_INDICES = (HOME, "docs/decisions/README.md")

_COMMENT = re.compile(r"<!--.*?-->\n?", re.S)
_FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1`*$\n?", re.M | re.S)
_HEADING = re.compile(r"^(#+) (.*)$", re.M)
_LINK = re.compile(r"\[([^\]]*)\]\(([^()\s]+)\)")
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^()\s]*\)|[`*|]")


@dataclass(frozen=True, slots=True)
class Page:
    """A page in the table of contents."""

    path: str
    """Path from the root, with slashes: ``docs/tutorial.md``."""
    title: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the table of contents."""

    title: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A part of a page that contains all words of a search."""

    page: Page
    heading: str
    """The heading above the place; the page's title at its beginning."""
    anchor: str
    line: str
    """The line that has most of the words."""


class Guide:
    """The pages below a root folder, which has the layout of the repository."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (guide_root() if root is None else root).resolve()
        self._texts: dict[str, str] = {}

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The table of contents, as the index page lists it. Pages that are not bundled are omitted."""
        home = Page(HOME, title_of(self.text(HOME)))
        found: list[Section] = []
        for index in _INDICES:
            title = title_of(self.text(index)) if index != HOME else ""
            for heading, part in parts(self.text(index)):
                pages = tuple(self._listed(part, index))
                if pages:
                    own = heading if heading == title or not title else f"{title}: {heading}"
                    found.append(Section(own, pages))
        # What the index says before its first heading belongs to no section.
        first = found.pop(0).pages if found and found[0].title == home.title else ()
        return (Section("", (home, *first)), *found)

    @property
    def pages(self) -> dict[str, Page]:
        """All pages of the table of contents by path."""
        found: dict[str, Page] = {}
        for section in self.sections:
            for page in section.pages:
                found.setdefault(page.path, page)
        return found

    def text(self, path: str) -> str:
        """Return the Markdown of a page, without comments. Raises UserError if there is no such page."""
        if path not in self._texts:
            file = self.file(path)
            if file is None or file.suffix != ".md":
                raise UserError(f"{path} is not one of the pages that come with the program")
            self._texts[path] = _COMMENT.sub("", file.read_text(encoding="utf-8"))
        return self._texts[path]

    def file(self, path: str) -> Path | None:
        """Return a file below the root, such as an image; None if there is none, also for paths that lead outside."""
        file = (self.root / path).resolve()
        return file if file.is_relative_to(self.root) and file.is_file() else None

    def search(self, query: str) -> list[Hit]:
        """Return the parts of pages that contain all words, at most one per heading; matches in titles come first."""
        words = query.casefold().split()
        if not words:
            return []
        ranked: list[tuple[float, int, Hit]] = []
        for number, page in enumerate(self.pages.values()):
            for heading, part in parts(self.text(page.path)):
                text = f"{page.title} {heading}\n{part}".casefold()
                if all(word in text for word in words):
                    rank = sum(2 * (word in heading.casefold()) + (word in page.title.casefold()) for word in words)
                    ranked.append((-rank, number, Hit(page, heading or page.title, slug(heading) if heading else "",
                                                      _best_line(part, words))))
        return [hit for _, _, hit in sorted(ranked, key=lambda each: each[:2])]

    def _listed(self, part: str, index: str) -> Iterator[Page]:
        for title, target in _LINK.findall(part):
            path = resolved(index, target)
            if path is not None and path.endswith(".md") and path != HOME and self.file(path) is not None:
                # A page that is listed by its number is known by its title.
                yield Page(path, title_of(self.text(path)) if title.isdigit() else title.replace("`", ""))


def guide_root() -> Path:
    """Return the folder whose ``docs`` has the pages: ``annotator/_guide`` in a wheel, the checkout otherwise.

    Raises UserError if there is neither.
    """
    for folder in (_PACKAGE / "_guide", _PACKAGE.parent):
        if (folder / HOME).is_file():
            return folder
    raise UserError(f"the documentation is missing next to {_PACKAGE}; reinstall the program")


def resolved(page: str, target: str) -> str | None:
    """Return the path of what a link of a page leads to, without its anchor; None for other places than files."""
    if "://" in target or target.startswith("mailto:"):
        return None
    place = target.partition("#")[0]
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), place)) if place else page


def title_of(text: str) -> str:
    """Return the title of a page."""
    heading = _HEADING.search(text)
    return "" if heading is None else heading[2].replace("`", "")


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the headings of a page with the text below each; the first part has the title of the page."""
    # A line that begins with # in a block of code is a comment.
    visible = _FENCE.sub(lambda block: re.sub(r"(?m)^#", "\u2060#", block.group()), text)
    headings = list(_HEADING.finditer(visible))
    for heading, after in zip(headings, [*headings[1:], None], strict=True):
        body = visible[heading.end():None if after is None else after.start()]
        yield heading[2].replace("`", ""), body.replace("\u2060", "")


def _best_line(part: str, words: list[str]) -> str:
    lines = [" ".join(_MARKUP.sub(r"\1", line).split()) for line in part.splitlines()]
    return max(lines, key=lambda line: sum(word in line.casefold() for word in words), default="")
