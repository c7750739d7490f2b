"""Playback: move the current frame with the clock."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from annotator.ui.document.document import Document

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class Player(QObject):
    """Moves the document's frame with the clock. Late frames are skipped rather than shown late."""

    playing_changed = Signal(bool)
    speed_changed = Signal(float)

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self._speed = 1.0
        self._loop = False
        self._began, self._from = 0.0, 0
        self._expected: int | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        document.video_changed.connect(self.pause)
        document.frame_changed.connect(self._on_frame)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def loop(self) -> bool:
        """Whether playback loops over the selected range, or over the whole video if none is selected."""
        return self._loop

    def set_loop(self, loop: bool) -> None:
        self._loop = loop

    def set_speed(self, speed: float) -> None:
        """Set the playback speed as a multiple of real time."""
        self._speed = speed
        self._start_here()
        if self.playing:
            self._timer.start(self._interval())
        self.speed_changed.emit(speed)

    def faster(self, steps: int = 1) -> None:
        """Select a faster speed, or a slower one for negative steps."""
        place = min(range(len(SPEEDS)), key=lambda k: abs(SPEEDS[k] - self._speed))
        self.set_speed(SPEEDS[min(max(place + steps, 0), len(SPEEDS) - 1)])

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        video = self._document.video
        if video is None or video.frame_count < 2 or self.playing:
            return
        first, last = self._bounds()
        if not first <= self._document.frame < last:
            self._document.go_to(first)
        self._start_here()
        self._timer.start(self._interval())
        self.playing_changed.emit(True)

    def pause(self) -> None:
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def _bounds(self) -> tuple[int, int]:
        video = self._document.video
        assert video is not None
        if self._loop and self._document.range is not None:
            return self._document.range
        return 0, video.frame_count - 1

    def _interval(self) -> int:
        video = self._document.video
        fps = video.fps if video is not None and video.fps > 0 else 25.0
        return max(round(1000 / (fps * self._speed)), 8)

    def _start_here(self) -> None:
        self._began, self._from = time.monotonic(), self._document.frame

    def _tick(self) -> None:
        video = self._document.video
        if video is None:
            self.pause()
            return
        first, last = self._bounds()
        due = self._from + int((time.monotonic() - self._began) * video.fps * self._speed)
        if due > last:
            if not self._loop:
                self._move(last)
                self.pause()
                return
            self._move(first)
            self._start_here()
            return
        self._move(due)

    def _move(self, frame: int) -> None:
        self._expected = frame
        self._document.go_to(frame)
        self._expected = None

    def _on_frame(self, frame: int) -> None:
        if self.playing and frame != self._expected:
            self._start_here()  # the user moved the playhead: continue from there
