from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.guide import Guide
from annotator.resources import resource_path
from tests.guide_links import broken_links
from tools.upkeep.site_hooks import PROJECT_PAGES

ROOT = Path(__file__).parents[1]
BUNDLED = ("models/manifest.toml", "models/tiny-sam2.yaml")


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_files_are_found_in_a_checkout(name: str) -> None:
    assert resource_path(name).is_file()


def test_a_missing_file_is_told() -> None:
    with pytest.raises(UserError, match="incomplete"):
        resource_path("models/none.pt")


@pytest.mark.skipif(find_spec("hatchling") is None, reason="building a wheel without network needs hatchling")
def test_bundled_files_are_found_in_an_installed_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("annotator", "docs", "resources", "packaging"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "benchmarks").mkdir()
    for name in ("pyproject.toml", "LICENSE", *PROJECT_PAGES):
        if not (source / name).exists():
            shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=source,
                   check=True, capture_output=True)
    shutil.rmtree(source)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    code = ("import annotator.resources as r, sys\n"
            "print(*(r.resource_path(n) for n in sys.argv[1:]), sep='\\n')")
    # -S -E -P: nothing but the extracted wheel and the standard library.
    answer = subprocess.run([sys.executable, "-S", "-E", "-P", "-c",
                             f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n{code}", *BUNDLED],
                            check=True, capture_output=True, text=True, cwd=tmp_path)
    bundled = Guide(tmp_path / "site" / "annotator" / "_guide")
    assert bundled.pages == Guide(ROOT).pages
    assert broken_links(bundled, without=("docs/notebooks/",)) == []
    found = [Path(line) for line in answer.stdout.splitlines()]
    assert [p.is_relative_to(tmp_path / "site" / "annotator") and p.is_file() for p in found] == [True] * len(BUNDLED)
