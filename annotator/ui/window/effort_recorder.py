"""The effort log: off until somebody wants it, on this machine only, and theirs to export or to throw away."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QSettings, QStandardPaths, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotator.errors import UserError
from annotator.jobs.effort_log import FixRecord, append_fix, export_fixes, read_fixes
from annotator.model.changes import ChangeKind, Changes
from annotator.model.effort import EffortMeter
from annotator.storage.history.journal import HistoryStep
from annotator.ui.actions.feature import Feature
from annotator.ui.actions.registry import Actions
from annotator.ui.document.document import Document
from annotator.ui.widgets.message import Message
from annotator.ui.window.effort_watch import EffortWatch

_ON, _FILE = "effort/on", "effort/file"
_NAME = "effort.jsonl"


class EffortRecorder(Feature):
    """Writes a line per fix while it is on. A fix is one step of the history that a person made, an undo or a redo."""

    fixed = Signal(FixRecord)
    """After the record was written."""

    def __init__(self, document: Document, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._settings, self._window = document, settings, window
        self.meter = EffortMeter()
        self._watch = EffortWatch(self.meter, self)
        self._unlisten: Callable[[], None] = lambda: None
        self._known: tuple[HistoryStep, ...] = ()

    def add_actions(self, actions: Actions) -> None:
        menu, tr = f"{self.tr('Help')}/{self.tr('Effort log')}", self.tr
        explained = tr("Count keys, clicks, drags and seconds per fix in a file on this machine; nothing is sent "
                       "anywhere")
        on = str(self._settings.value(_ON)) == "true"
        self.toggle = actions.add("effort.record", menu, tr("Record effort per fix"), self._on_toggle, [], explained,
                                  checkable=True, checked=on)
        actions.add("effort.file", menu, tr("Effort log's file…"), self._choose_file, [],
                    tr("Write the effort log to a file of your choice"))
        actions.add("effort.export", menu, tr("Export effort log…"), self._export, [],
                    tr("Write what was recorded as CSV or JSON"))
        self._document.opened.connect(self._on_opened)
        if on:
            self._start()

    @property
    def path(self) -> Path:
        """The file: one that was chosen, or one beside the program's settings."""
        chosen = self._settings.value(_FILE)
        if chosen:
            return Path(str(chosen))
        settings = Path(self._settings.fileName())
        if settings.is_absolute() and settings.parent.is_dir():
            return settings.with_name(_NAME)
        # Windows keeps settings in its registry, which is no folder.
        return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)) / _NAME

    def close(self) -> None:
        """Hear nothing any more."""
        self._watch.stop()
        self._unlisten()
        self._unlisten = lambda: None

    # On and off

    def _on_toggle(self) -> None:
        on = self.toggle.isChecked()
        self._settings.setValue(_ON, "true" if on else "false")
        if on:
            self._start()
            self.message.emit(Message.done(self.tr(
                "Keys, clicks, drags and seconds per fix go to {0}, and nowhere else").format(self.path)))
        else:
            self.close()
            self.message.emit(Message.done(self.tr(
                "Nothing is recorded any more; what was recorded stays in {0}").format(self.path)))

    def _start(self) -> None:
        self._watch.start()
        self._on_opened()

    def _on_opened(self) -> None:
        self._unlisten()
        self._unlisten = lambda: None
        session = self._document.session
        if session is not None and self.toggle.isChecked():
            self._known = tuple(session.history())
            self._unlisten = session.listen(self._on_changes)
            self.meter.take(time.monotonic())

    # Fixes

    def _on_changes(self, changes: Changes) -> None:
        session = self._document.session
        if session is None or not changes.kinds & ChangeKind.HISTORY:
            return
        before, now = self._known, tuple(session.history())
        self._known = now
        seen = what_happened(before, now)
        if seen is None:
            return
        action, step = seen
        effort = self.meter.take(time.monotonic())
        path = self._document.path
        record = FixRecord(datetime.now(UTC).isoformat("T", "milliseconds"), "" if path is None else path.name, action,
                           step.label, effort.keys, effort.clicks, effort.drags, round(effort.seconds, 2))
        try:
            append_fix(self.path, record)
        except UserError as error:
            self.toggle.setChecked(False)
            self.message.emit(Message.failed(str(error)))
            return
        self.fixed.emit(record)

    # The file

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self._window, self.tr("Effort log"), str(self.path),
                                              self.tr("JSON lines (*.jsonl)"),
                                              options=QFileDialog.Option.DontConfirmOverwrite)
        if name:
            self._settings.setValue(_FILE, name)
            self.message.emit(Message.done(self.tr("The effort log is {0}; what is in it stays").format(name)))

    def _export(self) -> None:
        try:
            known = read_fixes(self.path)
            if not known:
                self.message.emit(Message.refused(
                    self.tr("Nothing was recorded yet: {0} first").format(self.toggle.text())))
                return
            name, _ = QFileDialog.getSaveFileName(self._window, self.tr("Export effort log"),
                                                  str(self.path.with_suffix(".csv")), "CSV (*.csv);;JSON (*.json)")
            if name:
                export_fixes(known, Path(name))
                self.message.emit(Message.done(self.tr("{0} fixes written to {1}").format(len(known), name)))
        except UserError as error:
            self.message.emit(Message.failed(str(error)))


def what_happened(before: tuple[HistoryStep, ...], now: tuple[HistoryStep, ...]) -> tuple[str, HistoryStep] | None:
    """Which step a person made, undid or redid between two looks at the history, and which of the three; None where
    it was a job's step or nothing."""
    known = {step.id: step for step in before}
    new = [step for step in now if step.id not in known and not step.undone]
    if new:
        return None if new[-1].run is not None else ("step", new[-1])
    turned = [step for step in now if step.id in known and known[step.id].undone is not step.undone]
    if not turned:
        return None
    return ("undo" if turned[-1].undone else "redo"), turned[-1]
