"""The documentation in the window: pages, links, search, keys, both themes, no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded here", exc_type=ImportError)
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QPalette, QTextDocument, QTextTable
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.guide import HOME, TUTORIAL, Guide
from annotator.ui.help.viewer import HelpViewer
from annotator.ui.widgets.theme import make_palette
from annotator.ui.window.main_window import MainWindow

METHOD, IDENTITIES = "docs/explanation/method.md", "docs/how-to/correct-identities.md"


@pytest.fixture
def opened_urls() -> list[str]:
    return []


@pytest.fixture
def viewer(qtbot: QtBot, opened_urls: list[str]) -> Iterator[HelpViewer]:
    def open_url(url: QUrl) -> bool:
        opened_urls.append(url.toString())
        return "broken" not in url.toString()

    made = HelpViewer(Guide(), None, open_url)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()


def listed(viewer: HelpViewer) -> list[str]:
    return [item.text(0) for item in viewer._items()]


def loaded(viewer: HelpViewer, address: str) -> object:
    return viewer.page.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl(address))


def test_the_menu_opens_one_window_and_brings_it_back(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_["help.pages"].trigger()
    (viewer,) = window.findChildren(HelpViewer)
    assert viewer.page.path == HOME
    window.actions_["help.tutorial"].trigger()
    assert window.findChildren(HelpViewer) == [viewer]
    assert viewer.page.path == TUTORIAL
    assert "dataset that trains a tracker" in viewer.windowTitle()
    with qtbot.waitSignal(viewer.destroyed):
        viewer.close()
    window.actions_["help.pages"].trigger()
    assert len(window.findChildren(HelpViewer)) == 1


def test_a_missing_documentation_is_told(window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("annotator.guide._PACKAGE", tmp_path / "annotator")
    window.actions_["help.pages"].trigger()
    assert "reinstall" in window.statusBar().currentMessage()
    assert window.findChildren(HelpViewer) == []


def test_every_page_is_listed_and_can_be_shown(viewer: HelpViewer) -> None:
    items = viewer._items()
    assert {item.data(0, Qt.ItemDataRole.UserRole) for item in items} == set(Guide().pages)
    for page in Guide().pages.values():
        viewer.go(page.path)
        shown = viewer.page.toPlainText()
        assert len(shown) > 100
        assert "<!--" not in shown


def test_a_click_on_a_page_shows_it(viewer: HelpViewer) -> None:
    item = next(each for each in viewer._items() if each.text(0) == "Correct identities")
    viewer.list.itemClicked.emit(item, 0)
    assert viewer.page.toPlainText().startswith("Correct identities")
    assert viewer.list.currentItem() is item


def test_links_lead_to_pages_and_headings_and_back(viewer: HelpViewer) -> None:
    viewer.resize(800, 400)
    viewer.go(METHOD)
    viewer.follow(QUrl("limits.md#systems"))
    assert viewer.page.path == "docs/explanation/limits.md"
    bar = viewer.page.verticalScrollBar()
    assert bar.value() > 0
    viewer.follow(QUrl("#models"))
    assert bar.value() < bar.maximum()
    viewer.back.click()
    viewer.back.click()
    assert viewer.page.path == METHOD
    viewer.forward.click()
    assert viewer.page.path == "docs/explanation/limits.md"
    assert bar.value() > 0
    viewer.start.click()
    assert viewer.page.path == HOME
    assert not viewer.forward.isEnabled()


def test_the_web_is_opened_by_a_click_only_and_shown_before(viewer: HelpViewer, opened_urls: list[str]) -> None:
    url = QUrl("https://arxiv.org/abs/2504.04519")
    viewer.page.highlighted.emit(url)
    assert "browser" in viewer.link.text()
    assert "arxiv.org" in viewer.link.text()
    assert opened_urls == []
    viewer.page.anchorClicked.emit(url)
    assert opened_urls == [url.toString()]
    viewer.follow(QUrl("https://broken.example"))
    assert "No program is available" in viewer.link.text()


def test_a_link_to_the_source_code_says_so(viewer: HelpViewer, opened_urls: list[str]) -> None:
    viewer.go("docs/architecture.md")
    viewer.follow(QUrl("../annotator/errors.py"))
    assert "source code" in viewer.link.text()
    assert (viewer.page.path, opened_urls) == ("docs/architecture.md", [])


def test_nothing_is_loaded_from_elsewhere(viewer: HelpViewer) -> None:
    viewer.go(TUTORIAL)
    assert loaded(viewer, "images/05-tracked-dark.png") is not None
    for address in ("https://example.org/i.png", "file:///etc/passwd", "../../../../etc/passwd", "//example.org/i.png"):
        assert loaded(viewer, address) is None
    style = viewer.page.loadResource(QTextDocument.ResourceType.StyleSheetResource.value, QUrl("../README.md"))
    assert style is None


def test_images_fit_the_page_and_the_theme(viewer: HelpViewer, qapp: QApplication) -> None:
    viewer.go(TUTORIAL)
    images = {}
    for dark in (True, False):
        viewer.setPalette(make_palette(dark))
        image = loaded(viewer, "images/05-tracked-dark.png")
        assert image.width() / image.devicePixelRatio() <= viewer.page.viewport().width()  # type: ignore[attr-defined]
        images[dark] = image.pixelColor(2, 2).lightness()  # type: ignore[attr-defined]
    assert images[True] < 127 < images[False]
    assert not viewer.page.horizontalScrollBar().isVisible()


def test_a_new_palette_recolors_tables_and_code(viewer: HelpViewer) -> None:
    viewer.go(IDENTITIES)
    for dark in (True, False):
        palette = make_palette(dark)
        viewer.setPalette(palette)
        (table, *_) = [frame for frame in viewer.page.document().rootFrame().childFrames()
                       if isinstance(frame, QTextTable)]
        assert table.format().borderBrush().color() == palette.color(QPalette.ColorRole.Mid)


def test_the_search_lists_places_and_marks_the_words(viewer: HelpViewer, qtbot: QtBot) -> None:
    everything = len(listed(viewer))
    qtbot.keyClicks(viewer.search, "bounded memory")
    assert 0 < len(listed(viewer)) < everything
    qtbot.keyClick(viewer.search, Qt.Key.Key_Return)
    assert viewer.page.path == "docs/explanation/recurring-requests.md"
    assert viewer.page.verticalScrollBar().value() > 0
    marked = {each.cursor.selectedText().casefold() for each in viewer.page.extraSelections()}
    assert marked == {"bounded", "memory"}
    viewer.search.setText("xylophone")
    assert listed(viewer) == []
    assert viewer.list.topLevelItem(0).text(0) == "No page has these words"  # type: ignore[union-attr]


def test_the_keyboard_is_enough(viewer: HelpViewer, qtbot: QtBot) -> None:
    viewer.activateWindow()
    viewer.search.setFocus()
    qtbot.keyClicks(viewer.search, "headless server")
    qtbot.keyClick(viewer.search, Qt.Key.Key_Down)
    qtbot.keyClick(viewer.list, Qt.Key.Key_Return)
    assert viewer.page.path == "docs/how-to/gpu-server.md"
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert viewer.search.text() == ""
    assert viewer.isVisible()
    assert viewer.list.currentItem().text(0) == "Headless GPU server"  # type: ignore[union-attr]
    qtbot.keyClick(viewer, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert viewer.page.path == HOME
    qtbot.keyClick(viewer, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(viewer.search.hasFocus)
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)
    assert not viewer.isVisible()


def test_a_narrower_window_draws_the_page_again_at_the_same_place(viewer: HelpViewer, qtbot: QtBot) -> None:
    viewer.go(TUTORIAL)
    bar = viewer.page.verticalScrollBar()
    viewer.follow(QUrl("#5-add-what-the-detector-missed"))
    top, before, value = viewer.page.top(), viewer.page.viewport().width(), bar.value()
    viewer.resize(700, 700)
    qtbot.waitUntil(lambda: viewer.page._width == viewer.page.viewport().width() < before)
    assert viewer.page.top() == top
    assert bar.value() != value
