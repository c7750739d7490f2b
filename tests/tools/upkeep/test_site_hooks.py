"""What the documentation site makes of the Markdown pages, and that it loads nothing from other servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.upkeep.site_hooks import (
    DECISIONS,
    PROJECT_PAGES,
    ROOT,
    add_decisions,
    for_site,
    foreign_resources,
    on_page_content,
)


@pytest.mark.parametrize(("page", "link", "on_site"), [
    ("installation.md", "[security](../SECURITY.md)", "[security](project/security.md)"),
    ("design/setup.md", "[results](../../benchmarks/RESULTS.md#x)", "[results](../project/results.md#x)"),
    ("project/overview.md", "[formats](docs/formats.md)", "[formats](../formats.md)"),
    ("project/security.md", "[log](CHANGELOG.md)", "[log](changelog.md)"),
    ("formats.md", "[`code`](../annotator/errors.py)", "`code`"),
    ("formats.md", "[paper](https://arxiv.org/abs/2504.04519)", "[paper](https://arxiv.org/abs/2504.04519)"),
    ("formats.md", "[below](#end)", "[below](#end)"),
])
def test_links_lead_to_pages_of_the_site(page: str, link: str, on_site: str) -> None:
    assert for_site(f"See {link}.", page) == f"See {on_site}."


def test_a_screenshot_is_shown_in_the_theme_of_the_page() -> None:
    shown = for_site("![Review](images/12-review-dark.png)", "tutorial.md")
    assert shown == "![Review](images/12-review-dark.png#only-dark)![Review](images/12-review-light.png#only-light)"


def test_code_is_left_as_it_is() -> None:
    text = "```\n[a](../SECURITY.md)\n```\n\n[a](../SECURITY.md)\n"
    assert for_site(text, "a.md") == "```\n[a](../SECURITY.md)\n```\n\n[a](project/security.md)\n"


def test_docstrings_are_asked_for_by_a_comment() -> None:
    assert for_site("<!-- docstrings of annotator.notebook -->", "a.md") == "::: annotator.notebook"


def test_a_bar_in_a_cell_is_a_bar() -> None:
    cell = "<td><code>a\\|b\\|c</code></td>"
    assert on_page_content(cell, None, None, None) == "<td><code>a|b|c</code></td>"
    assert on_page_content("<p><code>a\\|b</code></p>", None, None, None) == "<p><code>a\\|b</code></p>"


def test_decision_records_are_in_the_navigation_by_number() -> None:
    below: list[object] = [DECISIONS]
    add_decisions([{"Home": "README.md"}, {"Explanation": ["a.md", {"Decisions": below}]}])
    records = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert below == [DECISIONS, *(f"decisions/{name}" for name in records)]


@pytest.mark.parametrize("document", PROJECT_PAGES)
def test_the_documents_of_the_site_exist(document: str) -> None:
    assert (ROOT / document).is_file()


@pytest.mark.parametrize(("name", "content", "loads"), [
    ("a.html", '<script src="https://unpkg.com/x.js"></script>', "https://unpkg.com/x.js"),
    ("a.html", '<link rel="stylesheet" href="//fonts.example/css">', "//fonts.example/css"),
    ("a.html", '<img src="http://example.org/i.png">', "http://example.org/i.png"),
    ("a.css", "@import url('https://fonts.example/css');", "https://fonts.example/css"),
    ("a.html", '<a href="https://example.org">read</a><img src="images/i.png"><link rel="canonical" href="https://e">',
     None),
    ("a.css", "a { background: url(data:image/svg+xml;x) }", None),
])
def test_what_comes_from_other_servers_is_found(tmp_path: Path, name: str, content: str, loads: str | None) -> None:
    (tmp_path / name).write_text(content)
    assert list(foreign_resources(tmp_path)) == ([] if loads is None else [f"{name}: {loads}"])
