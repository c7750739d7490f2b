"""The effort log: recording is off by default, stays on this machine, and can be exported."""

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
    """Writes a line per fix while recording is on. A fix is a step that the user made, undid or redid."""

    fixed = Signal(FixRecord)
    """A record was written."""

    def __init__(self, document: Document, settings: QSettings, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._settings, self._window = document, settings, window
        self.meter = EffortMeter()
        self._watch = EffortWatch(self.meter, self)
        self._unlisten: Callable[[], None] = lambda: None
        self._known: tuple[HistoryStep, ...] = ()

    def add_actions(self, actions: Actions) -> None:
        menu, tr = f"{self.tr('Help')}/{self.tr('Effort log')}", self.tr
        explained = tr("Count keys, clicks, drags and seconds per fix in a file on this machine. Nothing is uploaded")
        on = str(self._settings.value(_ON)) == "true"
        self.toggle = actions.add("effort.record", menu, tr("Record effort per fix"), self._on_toggle, [], explained,
                                  checkable=True, checked=on)
        actions.add("effort.file", menu, tr("Effort log file…"), self._choose_file, [],
                    tr("Select the file to write the effort log to"))
        actions.add("effort.export", menu, tr("Export effort log…"), self._export, [],
                    tr("Write the recorded fixes as CSV or JSON"))
        self._document.opened.connect(self._on_opened)
        if on:
            self._start()

    @property
    def path(self) -> Path:
        """The file: the selected one, or one next to the program's settings."""
        chosen = self._settings.value(_FILE)
        if chosen:
            return Path(str(chosen))
        settings = Path(self._settings.fileName())
        if settings.is_absolute() and settings.parent.is_dir():
            return settings.with_name(_NAME)
        # On Windows, settings are in the registry and not in a folder.
        return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)) / _NAME

    def close(self) -> None:
        """Stop recording."""
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
                "Recording effort per fix to {0}; nothing is uploaded").format(self.path)))
        else:
            self.close()
            self.message.emit(Message.done(self.tr(
                "Recording stopped; earlier records stay in {0}").format(self.path)))

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
            self.message.emit(Message.done(self.tr("The effort log is {0}; existing records are kept").format(name)))

    def _export(self) -> None:
        try:
            known = read_fixes(self.path)
            if not known:
                self.message.emit(Message.refused(
                    self.tr("Nothing is recorded yet; turn on “{0}” first").format(self.toggle.text())))
                return
            name, _ = QFileDialog.getSaveFileName(self._window, self.tr("Export effort log"),
                                                  str(self.path.with_suffix(".csv")), "CSV (*.csv);;JSON (*.json)")
            if name:
                export_fixes(known, Path(name))
                self.message.emit(Message.done(self.tr("Wrote {0} fixes to {1}").format(len(known), name)))
        except UserError as error:
            self.message.emit(Message.failed(str(error)))


def what_happened(before: tuple[HistoryStep, ...], now: tuple[HistoryStep, ...]) -> tuple[str, HistoryStep] | None:
    """Return what the user did between two states of the history ("step", "undo" or "redo") and the step; None if
    nothing, or if a job made the step."""
    known = {step.id: step for step in before}
    new = [step for step in now if step.id not in known and not step.undone]
    if new:
        return None if new[-1].run is not None else ("step", new[-1])
    turned = [step for step in now if step.id in known and known[step.id].undone is not step.undone]
    if not turned:
        return None
    return ("undo" if turned[-1].undone else "redo"), turned[-1]
