from __future__ import annotations

from pathlib import Path

import pytest

from tools.upkeep.generated_parts import GeneratedPart, cell, table


def test_only_the_part_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# A\n\n<!-- made by tools.upkeep.x -->\nold\n<!-- end of the generated part -->\nrest\n")
    part = GeneratedPart(page, "x")
    assert part.read() == "old\n"
    part.write("new\n")
    assert part.read() == "new\n"
    assert page.read_text().startswith("# A\n\n<!-- made")
    assert page.read_text().endswith("rest\n")


def test_a_document_without_a_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n<!-- made by tools.upkeep.x -->\n")
    with pytest.raises(ValueError, match="end of the generated part"):
        GeneratedPart(tmp_path / "a.md", "x").write("new\n")


def test_a_cell_is_one_line_without_bars() -> None:
    assert table(("a",), [(cell("b |\n c"),)]) == "| a |\n| --- |\n| b \\| c |\n"
