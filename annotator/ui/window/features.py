"""Builds all features of the window and connects them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMainWindow

from annotator.ui.actions.feature import Feature
from annotator.ui.canvas.canvas import Canvas
from annotator.ui.canvas.controller import CanvasController
from annotator.ui.canvas.feature import CanvasFeature
from annotator.ui.document.document import Document
from annotator.ui.document.player import Player
from annotator.ui.edits.feature import EditsFeature
from annotator.ui.evaluation.feature import EvaluationFeature
from annotator.ui.help.feature import HelpFeature
from annotator.ui.help.hints import FirstMinute
from annotator.ui.import_export.feature import ImportExportFeature
from annotator.ui.jobs.feature import JobsFeature
from annotator.ui.labels.feature import LabelsFeature
from annotator.ui.masks.feature import MasksFeature
from annotator.ui.notes.feature import NotesFeature
from annotator.ui.prompts.feature import PromptsFeature
from annotator.ui.regions.feature import RegionsFeature
from annotator.ui.review.feature import ReviewFeature
from annotator.ui.threads.engine_worker import EngineWorker
from annotator.ui.threads.reading_queue import ReadingQueue
from annotator.ui.timeline.feature import TimelineFeature
from annotator.ui.timeline.timeline import Timeline
from annotator.ui.tracks.feature import TracksFeature
from annotator.ui.widgets.offer_bar import OfferBar
from annotator.ui.window.effort_recorder import EffortRecorder
from annotator.ui.window.files import FilesFeature
from annotator.ui.window.view_memory import ViewMemory


@dataclass(frozen=True, slots=True)
class Workspace:
    """The objects that features share: document, views, engine worker, settings."""

    window: QMainWindow
    settings: QSettings
    document: Document
    player: Player
    canvas: Canvas
    controller: CanvasController
    timeline: Timeline
    reading: ReadingQueue
    worker: EngineWorker
    offers: OfferBar


class Features:
    """Builds the features and connects them. Iteration yields them in the order of construction, so that each feature
    comes after those that it uses."""

    def __init__(self, place: Workspace) -> None:
        document, canvas, timeline, window = place.document, place.canvas, place.timeline, place.window
        settings, controller, offers = place.settings, place.controller, place.offers
        self.files = FilesFeature(document, place.reading, controller, offers, settings, ImportExportFeature.takes,
                                  window)
        self.help = HelpFeature(settings, window)
        self.canvas = CanvasFeature(document, canvas, controller, settings, window)
        self.timeline = TimelineFeature(document, place.player, timeline, canvas, settings, window)
        self.regions = RegionsFeature(document, canvas)
        self.masks = MasksFeature(document, canvas)
        self.notes = NotesFeature(document, canvas, place.player, settings, window)
        self.tracks = TracksFeature(document, self.regions, window)
        self.labels = LabelsFeature(document, window)
        self.jobs = JobsFeature(document, place.worker, controller, settings, offers, window)
        self.edits = EditsFeature(document, canvas, timeline, self.tracks.table, self.labels, self.regions, offers,
                                  window)
        self.prompts = PromptsFeature(document, canvas, controller, timeline, self.jobs.controller, window)
        self.review = ReviewFeature(document, canvas, place.player, self.edits.controller,
                                    lambda: place.worker.writing, window)
        self.import_export = ImportExportFeature(document, self.jobs.controller, settings, window)
        self.evaluation = EvaluationFeature(document, place.player, canvas, settings, window)
        self.effort = EffortRecorder(document, settings, window)
        self.first_minute = FirstMinute(document, place.player, canvas, settings)
        self._all: tuple[Feature, ...] = (
            self.files, self.help, self.canvas, self.timeline, self.regions, self.masks, self.notes, self.tracks,
            self.labels, self.jobs, self.edits, self.prompts, self.review, self.import_export, self.evaluation,
            self.effort, self.first_minute)
        self.view_memory = ViewMemory(document, canvas, settings)
        self._connect(place)

    def __iter__(self) -> Iterator[Feature]:
        return iter(self._all)

    def _connect(self, place: Workspace) -> None:
        self.files.labels_dropped.connect(self.import_export.ask_import)
        self.help.demo_asked.connect(self.files.open_demo)
        for wanted in (self.labels.attribute_wanted, self.timeline.value_wanted):
            wanted.connect(self.tracks.inspector.focus_attribute)
        self.edits.rerun_wanted.connect(self.prompts.propagate)
        self.review.prompt_wanted.connect(self.prompts.prompt)
        place.timeline.track_clicked.connect(place.controller.select_clicked)
        place.worker.finished.connect(lambda *_: self.review.refresh())
        place.worker.interlude_finished.connect(lambda *_: self.review.refresh())
