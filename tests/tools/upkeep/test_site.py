"""The documentation site builds without a warning, with every page, and keeps requests to other servers out."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools.upkeep.site_hooks import PROJECT_PAGES, ROOT

pytestmark = pytest.mark.skipif(find_spec("mkdocs") is None or find_spec("mkdocstrings") is None,
                                reason="the extra docs is not installed")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True,
                           text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_document_is_a_page(site: Path) -> None:
    sources = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    pages = [path.with_name("index.html" if path.name == "README.md" else f"{path.stem}.html") for path in sources]
    pages += [Path(page).with_suffix(".html") for page in PROJECT_PAGES.values()]
    assert [page for page in pages if not (site / page).is_file()] == []


def test_every_page_forbids_requests_to_other_servers(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if page.name != "404.html"]
    assert len(pages) > 40
    for page in pages:
        head, policy, _ = page.read_text(encoding="utf-8").partition("<meta http-equiv=\"Content-Security-Policy\" "
                                                                     "content=\"default-src 'self';")
        assert policy, page
        assert "<script" not in head, page
        assert "<link" not in head, page


def test_the_search_knows_the_pages(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "Swap from this frame" in index
