"""The documentation in a window of its own: a list of pages, a search, and the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QFont,
    QFontDatabase,
    QImage,
    QImageReader,
    QKeyEvent,
    QKeySequence,
    QPalette,
    QResizeEvent,
    QShortcut,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTextBrowser,
    QTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.errors import UserError
from annotator.guide import HOME, Guide, Hit, resolved, slug
from annotator.ui.widgets.plain_text import Label, literal

#: Roles of an item of the list: where it leads.
_PATH, _ANCHOR = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
#: Space above and below code and tables, in pixels.
_GAP = 8
#: Most results that are listed.
_MOST_HITS = 60


class PageView(QTextBrowser):
    """Shows one page of the guide. Loads nothing but files of the guide."""

    def __init__(self, guide: Guide, parent: QWidget | None = None) -> None:
        self.path = ""  # Qt may send events while it builds the widget
        super().__init__(parent)
        self._guide = guide
        self._top: int | None = None
        self._width = 0
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        # Always, because images are as wide as the page is without it.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.document().setDocumentMargin(20)
        self._resized = QTimer(self, singleShot=True, interval=150)
        self._resized.timeout.connect(self.redraw)

    def show_page(self, path: str, anchor: str = "", words: str = "") -> None:
        """Show a page from a heading on, with the words of a search marked. Raises UserError if there is no page."""
        text = self._guide.text(path)
        self.path, self._top, self._width = path, None, self.viewport().width()
        self._resized.stop()
        self.document().setMarkdown(text, _DIALECT)
        self._format()
        self._mark(words.split())
        self.verticalScrollBar().setValue(self._top_of(anchor))

    def redraw(self) -> None:
        """Draw the page again, in the current colors and width, at the same place."""
        if self.path:
            top = self.top() if self._top is None else self._top
            marks = [each.cursor.selectedText() for each in self.extraSelections()]
            self.show_page(self.path, "", " ".join(dict.fromkeys(marks)))
            block = self.document().findBlock(top)
            self.verticalScrollBar().setValue(round(self.document().documentLayout().blockBoundingRect(block).top()))

    def top(self) -> int:
        """Return the position in the text of what is at the upper edge."""
        return self.cursorForPosition(QPoint(round(self.document().documentMargin()), 1)).block().position()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802 - Qt's name
        """Return an image of the guide, in its light version in a light theme; nothing for any other address."""
        target = resolved(self.path, QUrl(name).toString())
        if kind != QTextDocument.ResourceType.ImageResource.value or target is None:
            return None
        light = self.palette().color(QPalette.ColorRole.Base).lightness() > 127
        names = [target.replace("-dark.", "-light."), target] if light else [target]
        file = next((found for name in names if (found := self._guide.file(name)) is not None), None)
        return None if file is None else self._image(str(file))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        if self._top is None:  # until the page is drawn again, its old images shift what is at the edge
            self._top = self.top()
        super().resizeEvent(event)
        self._resized.start()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.redraw()

    def _image(self, file: str) -> QImage:
        """Return an image that is no wider than the page."""
        reader, ratio = QImageReader(file), self.devicePixelRatioF()
        size = reader.size()
        room = max(self.viewport().width() - 2 * round(self.document().documentMargin()) - 8, 100)
        width = min(room, size.width())
        reader.setScaledSize(QSize(round(width * ratio), round(size.height() * width / size.width() * ratio)))
        image = reader.read()
        image.setDevicePixelRatio(ratio)
        return image

    def _format(self) -> None:
        """Give code a ground of its own and tables lines, which Markdown has no way to say."""
        ground = self.palette().color(QPalette.ColorRole.AlternateBase)
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        block = self.document().begin()
        while block.isValid():
            if _is_code(block):
                shape = block.blockFormat()
                shape.setBackground(ground)
                shape.setTopMargin(0 if _is_code(block.previous()) else _GAP)
                shape.setBottomMargin(0 if _is_code(block.next()) else _GAP)
                cursor.setPosition(block.position())
                cursor.setBlockFormat(shape)
            else:
                self._format_spans(block, mono)
            block = block.next()
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                self._format_table(frame)
        cursor.endEditBlock()

    def _format_spans(self, block: QTextBlock, mono: list[str]) -> None:
        spans = []
        each = block.begin()
        while not each.atEnd():
            fragment = each.fragment()
            if fragment.charFormat().fontFixedPitch():
                spans.append((fragment.position(), fragment.length()))
            each += 1
        code = QTextCharFormat()
        code.setBackground(self.palette().color(QPalette.ColorRole.Midlight))
        code.setFontFamilies(mono)
        for start, length in spans:
            cursor = QTextCursor(self.document())
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(code)

    def _format_table(self, table: QTextTable) -> None:
        shape = table.format()
        shape.setBorder(1)
        shape.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        shape.setBorderBrush(self.palette().color(QPalette.ColorRole.Mid))
        shape.setBorderCollapse(True)
        shape.setCellPadding(5)
        shape.setTopMargin(_GAP)
        shape.setBottomMargin(_GAP)
        table.setFormat(shape)
        for column in range(table.columns()):
            cell = table.cellAt(0, column)
            style = QTextCharFormat()
            style.setFontWeight(QFont.Weight.Bold)
            cursor = cell.firstCursorPosition()
            cursor.setPosition(cell.lastCursorPosition().position(), QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(style)

    def _top_of(self, anchor: str) -> int:
        block = self.document().begin()
        while anchor and block.isValid():
            if block.blockFormat().headingLevel() and slug(block.text()) == anchor:
                return round(self.document().documentLayout().blockBoundingRect(block).top())
            block = block.next()
        return 0

    def _mark(self, words: list[str]) -> None:
        style = QTextCharFormat()
        style.setBackground(self.palette().color(QPalette.ColorRole.Highlight))
        style.setForeground(self.palette().color(QPalette.ColorRole.HighlightedText))
        found: list[QTextEdit.ExtraSelection] = []
        for word in words:
            cursor = self.document().find(word)
            while not cursor.isNull():
                selection = QTextEdit.ExtraSelection()
                selection.cursor, selection.format = cursor, style
                found.append(selection)
                cursor = self.document().find(word, cursor)
        self.setExtraSelections(found)


def _is_code(block: QTextBlock) -> bool:
    return block.isValid() and block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence)


_DIALECT = (QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML)


class SearchField(QLineEdit):
    """A field that passes the arrow keys on to the list below it."""

    down = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Down:
            self.down.emit()
        else:
            super().keyPressEvent(event)


class HelpViewer(QDialog):
    """A window with the documentation. Needs no network; links to the web open in the browser when they are clicked."""

    def __init__(self, guide: Guide, parent: QWidget | None = None,
                 open_url: Callable[[QUrl], bool] = QDesktopServices.openUrl) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._guide, self._open_url = guide, open_url
        self._trail: list[tuple[str, str]] = []
        self._place = -1
        self.search = SearchField(self)
        self.search.setPlaceholderText(self.tr("Search the documentation"))
        self.search.setClearButtonEnabled(True)
        self.list = QTreeWidget(self)
        self.list.setHeaderHidden(True)
        self.list.setAccessibleName(self.tr("Pages"))
        self.page = PageView(guide, self)
        self.page.setAccessibleName(self.tr("Page"))
        self.link = Label(self)
        self.back = QPushButton(self.tr("Back"), self)
        self.forward = QPushButton(self.tr("Forward"), self)
        self.start = QPushButton(self.tr("Start page"), self)
        self._lay_out()
        self._connect()
        self._fill()
        self.go(HOME)
        self.search.setFocus()

    def _lay_out(self) -> None:
        for button in (self.back, self.forward, self.start):
            button.setAutoDefault(False)
        self.back.setToolTip(self.tr("Go to the previous page (Alt+Left)"))
        self.forward.setToolTip(self.tr("Go to the next page (Alt+Right)"))
        row = QHBoxLayout()
        for widget in (self.back, self.forward, self.start):
            row.addWidget(widget)
        row.addStretch(1)
        left, right, middle = QWidget(self), QWidget(self), QSplitter(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.search)
        column.addWidget(self.list)
        beside = QVBoxLayout(right)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addLayout(row)
        beside.addWidget(self.page, 1)
        beside.addWidget(self.link)
        middle.addWidget(left)
        middle.addWidget(right)
        middle.setStretchFactor(1, 1)
        middle.setSizes([280, 820])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(middle)
        self.resize(1100, 760)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _text: self._fill())
        self.search.down.connect(self._enter_list)
        self.search.returnPressed.connect(self._open_first)
        self.list.itemActivated.connect(lambda item, _column: self._open(item))
        self.list.itemClicked.connect(lambda item, _column: self._open(item))
        self.page.anchorClicked.connect(self.follow)
        self.page.highlighted.connect(lambda url: self.link.setText(self._meaning(url)))
        self.back.clicked.connect(lambda: self._step(-1))
        self.forward.clicked.connect(lambda: self._step(1))
        self.start.clicked.connect(lambda: self.go(HOME))
        for keys, slot in ((QKeySequence("Alt+Left"), self.back.click), (QKeySequence("Alt+Right"), self.forward.click),
                           (QKeySequence(QKeySequence.StandardKey.Find), self._seek),
                           (QKeySequence(QKeySequence.StandardKey.ZoomIn), self.page.zoomIn),
                           (QKeySequence(QKeySequence.StandardKey.ZoomOut), self.page.zoomOut)):
            QShortcut(keys, self, slot)

    # Pages

    def go(self, path: str, anchor: str = "", words: str = "") -> None:
        """Show a page, and remember it as the newest place."""
        self._show(path, anchor, words)
        self._trail = [*self._trail[:self._place + 1], (path, anchor)]
        self._place = len(self._trail) - 1
        self._update()

    def follow(self, url: QUrl) -> None:
        """Follow a link of the page: show the page that it leads to, or open an address in the browser."""
        target = url.toString()
        path = resolved(self.page.path, target)
        if path is None:
            if not self._open_url(url):
                self.link.setText(self.tr("No program is available to open {0}").format(target))
            return
        try:
            self.go(path, target.partition("#")[2])
        except UserError:
            self.link.setText(self._meaning(url))

    def _show(self, path: str, anchor: str, words: str) -> None:
        self.page.show_page(path, anchor, words)
        self.link.setText("")
        page = self._guide.pages.get(path)
        title = path if page is None else page.title
        self.setWindowTitle(self.tr("{0} - Documentation").format(title))

    def _step(self, step: int) -> None:
        if 0 <= self._place + step < len(self._trail):
            self._place += step
            self._show(*self._trail[self._place], "")
            self._update()

    def _update(self) -> None:
        self.back.setEnabled(self._place > 0)
        self.forward.setEnabled(self._place + 1 < len(self._trail))
        self._select_current()

    def _meaning(self, url: QUrl) -> str:
        """Return what clicking a link would do, for the line below the page."""
        if url.isEmpty():
            return ""
        path = resolved(self.page.path, url.toString())
        if path is None:
            return self.tr("Opens in the browser: {0}").format(url.toString())
        if self._guide.file(path) is None or not path.endswith(".md"):
            return self.tr("{0} is in the source code and not one of these pages").format(path)
        return path

    # The list

    def _fill(self) -> None:
        words = self.search.text().strip()
        self.list.clear()
        if words:
            self._fill_hits(self._guide.search(words)[:_MOST_HITS])
            return
        for section in self._guide.sections:
            parent = self.list.invisibleRootItem()
            if section.title:
                parent = QTreeWidgetItem(parent, [section.title])
                parent.setFlags(Qt.ItemFlag.ItemIsEnabled)
                parent.setExpanded(True)
            for page in section.pages:
                item = QTreeWidgetItem(parent, [page.title])
                item.setData(0, _PATH, page.path)
                item.setToolTip(0, literal(page.title))
        self._select_current()

    def _fill_hits(self, hits: list[Hit]) -> None:
        if not hits:
            nothing = QTreeWidgetItem(self.list, [self.tr("No page has these words")])
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
        for hit in hits:
            title = hit.page.title if hit.heading == hit.page.title else f"{hit.page.title}: {hit.heading}"
            item = QTreeWidgetItem(self.list, [title])
            item.setData(0, _PATH, hit.page.path)
            item.setData(0, _ANCHOR, hit.anchor)
            item.setToolTip(0, literal(hit.line))

    def _items(self) -> list[QTreeWidgetItem]:
        found, waiting = [], [self.list.invisibleRootItem()]
        while waiting:
            item = waiting.pop(0)
            waiting[:0] = [cast(QTreeWidgetItem, item.child(row)) for row in range(item.childCount())]
            if item.data(0, _PATH):
                found.append(item)
        return found

    def _select_current(self) -> None:
        if not self.search.text().strip():
            item = next((each for each in self._items() if each.data(0, _PATH) == self.page.path), None)
            self.list.setCurrentItem(cast(QTreeWidgetItem, item))  # None selects nothing

    def _enter_list(self) -> None:
        items = self._items()
        if items:
            if self.list.currentItem() is None:
                self.list.setCurrentItem(items[0])
            self.list.setFocus()

    def _open_first(self) -> None:
        for item in self._items()[:1]:
            self.list.setCurrentItem(item)
            self._open(item)

    def _open(self, item: QTreeWidgetItem) -> None:
        path = item.data(0, _PATH)
        if path:
            self.go(path, item.data(0, _ANCHOR) or "", self.search.text().strip())

    def _seek(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            self.search.setFocus()
            return
        super().keyPressEvent(event)
