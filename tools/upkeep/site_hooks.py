"""What the documentation site adds to the Markdown pages of ``docs``; MkDocs calls the functions named ``on_...``.

The pages are written for the forge: links lead to files of the repository, a screenshot is named once, in its dark
version. The site gets pages of its own for documents outside ``docs``, both versions of each screenshot, and the
docstrings where a page has a comment such as ``<!-- docstrings of annotator.notebook -->``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

#: Documents outside ``docs`` that the site has as pages, by their path in the repository.
PROJECT_PAGES = {
    "CHANGELOG.md": "project/changelog.md", "CODE_OF_CONDUCT.md": "project/conduct.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "README.md": "project/overview.md", "SECURITY.md": "project/security.md",
    "benchmarks/RESULTS.md": "project/results.md", "packaging/README.md": "project/packaging.md",
    "resources/models/README.md": "project/built-in-models.md",
}

#: Index of the decision records.
DECISIONS = "decisions/README.md"

_FENCE = re.compile(r"^(?P<mark>`{3,})[^\n]*\n.*?^(?P=mark)`*$", re.M | re.S)
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)\)")
_CELL_CODE = re.compile(r"<code>[^<]*\\\|[^<]*</code>(?=.*</td>)")
_DOCSTRINGS = re.compile(r"<!-- docstrings of ([\w.]+) -->")


def on_config(config: Any) -> Any:
    """Put every decision record into the navigation, below their index."""
    add_decisions(config["nav"])
    return config


def add_decisions(navigation: list[Any]) -> None:
    """Add the decision records to the list that has their index, by number."""
    for entry in navigation:
        if entry == DECISIONS:
            records = sorted((ROOT / "docs" / DECISIONS).parent.glob("[0-9]*.md"))
            navigation += [f"decisions/{record.name}" for record in records]
            return
        for inner in entry.values() if isinstance(entry, dict) else ():
            if isinstance(inner, list):
                add_decisions(inner)


def on_files(files: Any, config: Any) -> Any:
    """Add the documents outside ``docs``."""
    from mkdocs.structure.files import File

    for source, page in PROJECT_PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Rewrite the links of a page."""
    return for_site(markdown, page.file.src_uri)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Show a bar in the code of a table cell as GitHub does, where a backslash keeps it from ending the cell."""
    return _CELL_CODE.sub(lambda code: code.group().replace("\\|", "|"), html)


def on_post_build(config: Any) -> None:
    """Refuse a site that loads something from another server. Raises BuildError."""
    from mkdocs.exceptions import BuildError

    found = sorted(foreign_resources(Path(config["site_dir"])))
    if found:
        raise BuildError("pages load from other servers: " + "; ".join(found))


def for_site(markdown: str, page: str) -> str:
    """Return a page's Markdown as the site needs it. ``page``: its path in the site's sources, with slashes."""
    source = next((path for path, name in PROJECT_PAGES.items() if name == page), f"docs/{page}")
    changed = outside_code(markdown, lambda text: _LINK.sub(lambda link: _rewrite(link, source, page), text))
    return _DOCSTRINGS.sub(r"::: \1", changed)


def outside_code(markdown: str, change: Callable[[str], str]) -> str:
    """Apply a function to everything but blocks of code. Spans of code within a line are part of the text."""
    parts, start = [], 0
    for block in _FENCE.finditer(markdown):
        parts += [change(markdown[start:block.start()]), block.group()]
        start = block.end()
    return "".join([*parts, change(markdown[start:])])


def _rewrite(link: re.Match[str], source: str, page: str) -> str:
    target = link["target"]
    if "://" in target or target.startswith(("#", "mailto:")):
        return link.group()
    path, _, anchor = target.partition("#")
    file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    inside = PROJECT_PAGES.get(file) or (file.removeprefix("docs/") if file.startswith("docs/") else None)
    if inside is None:
        return link["text"]  # a file of the repository that is no page
    address = posixpath.relpath(inside, posixpath.dirname(page) or ".") + (f"#{anchor}" if anchor else "")
    if not link["image"]:
        return f"[{link['text']}]({address})"
    return both_themes(link["text"], address, ROOT / "docs" / inside)


def both_themes(text: str, address: str, file: Path) -> str:
    """Return the image, with its light version if there is one; the theme of the page decides which is shown."""
    if file.stem.endswith("-dark") and (light := file.with_name(file.name.replace("-dark.", "-light."))).is_file():
        other = posixpath.join(posixpath.dirname(address), light.name)
        return f"![{text}]({address}#only-dark)![{text}]({other}#only-light)"
    return f"![{text}]({address})"


def foreign_resources(site: Path) -> Iterator[str]:
    """Yield ``page: address`` for everything that a page or style sheet loads from another server."""
    for page in site.rglob("*.html"):
        parser = _Resources()
        parser.feed(page.read_text(encoding="utf-8"))
        yield from (f"{page.relative_to(site).as_posix()}: {address}" for address in parser.found)
    for sheet in site.rglob("*.css"):
        for address in re.findall(r"(?:url\(|@import\s+)[\"']?((?:https?:)?//[^\"')\s]+)",
                                  sheet.read_text(encoding="utf-8")):
            yield f"{sheet.relative_to(site).as_posix()}: {address}"


class _Resources(HTMLParser):
    """Collects the addresses on other servers that a page loads; links that a reader clicks are not loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        loaded = [values.get(name) for name in ("src", "srcset", "poster", "data")]
        if tag == "link" and values.get("rel") != "canonical":
            loaded.append(values.get("href"))
        self.found += [value for value in loaded if value and re.match(r"(https?:)?//", value)]
