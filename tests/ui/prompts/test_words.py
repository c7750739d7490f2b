from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtWidgets import QApplication

from annotator.storage.edits.proposal_summary import ProposalSummary, ProposedTracklet
from annotator.ui.prompts.words import ProposalWords

SEEN = ProposedTracklet(1, None, None, "object", 3, 9, boxes=7, added=7, moved=0, kept=0, removed=0, human=0,
                        mean_iou=None, changed=((3, 9),), doubles=())


def line(*doubles: int) -> str:
    seen = replace(SEEN, doubles=tuple((number, 7) for number in doubles))
    return ProposalWords().line(ProposalSummary(1, "finished", (seen,)))


def test_tracks_that_show_the_same_are_named(qapp: QApplication) -> None:
    assert line() == "frames 3 to 9: 7 new"
    assert line(4, 2) == "frames 3 to 9: 7 new, duplicates track 2, 4"


def test_many_are_counted(qapp: QApplication) -> None:
    assert line(9, 8, 1, 2, 3).endswith("duplicates track 1, 2, 3 and 2 others")
