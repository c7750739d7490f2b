"""The documentation that comes with the program: table of contents, links, search."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.guide import HOME, TUTORIAL, Guide, guide_root, parts, resolved, slug
from tests.guide_links import broken_links

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def guide() -> Guide:
    return Guide(ROOT)


@pytest.fixture
def small(tmp_path: Path) -> Guide:
    """An index, one page, one that is not bundled, and a secret next to the root."""
    (tmp_path / "root" / "docs" / "decisions").mkdir(parents=True)
    docs = tmp_path / "root" / "docs"
    (tmp_path / "secret.md").write_text("# Secret\n")
    (docs / "README.md").write_text("# Index\n\n## Guides\n\n| [A](a.md) | x |\n| [Gone](gone.md) |\n"
                                    "| [Out](../../secret.md) | [Web](https://example.org/x.md) |\n")
    (docs / "decisions" / "README.md").write_text("# Decisions\n")
    (docs / "a.md").write_text("# A\n\n<!-- not shown: unicorn -->\nAbout *apples*.\n\n## Pears and `plums`\n\n"
                               "```\n# no heading\npear\n```\n\nA pear, see [b](b.md).\n")
    return Guide(tmp_path / "root")


def test_every_page_is_in_the_table_of_contents(guide: Guide) -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages <= set(guide.pages)
    assert next(iter(guide.pages)) == HOME
    assert TUTORIAL in guide.pages
    titles = [section.title for section in guide.sections]
    assert titles[:5] == ["", "How-to guides", "Reference", "Explanation", "Working on the program"]
    assert all(page.title and not page.title.isdigit() for page in guide.pages.values())


def test_links_and_images_lead_somewhere(guide: Guide) -> None:
    assert broken_links(guide) == []


def test_only_pages_below_the_root_are_listed_and_read(small: Guide) -> None:
    assert list(small.pages) == [HOME, "docs/a.md"]
    for path in ("../secret.md", "docs/../../secret.md", "docs", "docs/gone.md"):
        with pytest.raises(UserError, match="pages that come with"):
            small.text(path)
    assert small.file("../secret.md") is None


def test_comments_are_not_part_of_a_page(small: Guide) -> None:
    assert "unicorn" not in small.text("docs/a.md")
    assert small.search("unicorn") == []


def test_a_search_finds_all_words_below_a_heading(small: Guide) -> None:
    (hit,) = small.search("PEAR see")
    assert (hit.page.path, hit.heading, hit.anchor, hit.line) == (
        "docs/a.md", "Pears and plums", "pears-and-plums", "A pear, see b.")
    assert small.search("pear banana") == []
    assert small.search("  ") == []


def test_headings_count_more_than_text(guide: Guide) -> None:
    assert "swap" in guide.search("swap")[0].heading.casefold()
    assert guide.search("headless server")[0].page.path == "docs/how-to/gpu-server.md"


def test_headings_within_code_are_none(small: Guide) -> None:
    found = list(parts(small.text("docs/a.md")))
    assert [heading for heading, _ in found] == ["A", "Pears and plums"]
    assert "# no heading" in found[1][1]


@pytest.mark.parametrize(("page", "target", "path"), [
    ("docs/a.md", "b.md#x", "docs/b.md"), ("docs/how-to/a.md", "../b.md", "docs/b.md"),
    ("docs/a.md", "#x", "docs/a.md"),
    ("docs/a.md", "https://example.org", None), ("docs/a.md", "mailto:a@example.org", None)])
def test_links_are_resolved(page: str, target: str, path: str | None) -> None:
    assert resolved(page, target) == path


def test_anchors_are_githubs() -> None:
    assert slug("Options of annotator preannotate") == "options-of-annotator-preannotate"
    assert slug("7. Long videos, in memory!") == "7-long-videos-in-memory"


def test_a_missing_guide_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert guide_root() == ROOT
    monkeypatch.setattr("annotator.guide._PACKAGE", tmp_path / "annotator")
    with pytest.raises(UserError, match="reinstall"):
        Guide()
