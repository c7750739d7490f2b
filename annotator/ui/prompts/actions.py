"""What can be done with prompts and proposals, by name and key."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from annotator.jobs.prompts.limits import Direction
from annotator.ui.actions.needs import Needs
from annotator.ui.actions.registry import Actions
from annotator.ui.canvas.canvas import Canvas, Tool
from annotator.ui.prompts.controller import PromptController


class PromptActions(QObject):
    """Enabled while they mean something. Enter, Esc and brackets work where the picture or the timeline has the focus,
    and mean nothing to whoever types elsewhere."""

    def __init__(self, prompts: PromptController, canvas: Canvas, timeline: QWidget, actions: Actions,
                 window: QWidget) -> None:
        super().__init__(canvas)
        self._prompts, self._actions = prompts, actions
        self._places, self._window = (canvas, timeline), window
        track, tr = self.tr("Track"), self.tr
        actions.add("tool.prompt", track, tr("Prompt"), lambda: canvas.set_tool(Tool.PROMPT), ["N"],
                    tr("Drag a box around an object, click to add points, Alt-click what is not it; Ctrl-drag follows "
                       "an object at once"), needs=Needs.EDITABLE, group="new")
        menu = f"{track}/{tr('Prompts and proposals')}"
        add = self._add
        add("prompt.accept", menu, tr("Follow or accept"), prompts.accept, ["Return", "Enter"],
            tr("Follow what is pointed at; accept what was found, in one step"))
        add("prompt.drop", menu, tr("Drop"), prompts.drop, ["Esc"],
            tr("Drop what is pointed at, followed or proposed"))
        add("prompt.stop", menu, tr("Stop following"), prompts.following.stop, [],
            tr("Follow no further; what was found becomes a shorter proposal"))
        add("prompt.queue", menu, tr("Add to queue"), prompts.queue, ["Shift+Return", "Shift+Enter"],
            tr("Point at further objects; Enter then follows all of them together"))
        add("prompt.backward", menu, tr("Back only"), lambda: prompts.use_direction(Direction.BACKWARD), ["["],
            tr("Follow towards the video's start only; again for both ways"))
        add("prompt.forward", menu, tr("On only"), lambda: prompts.use_direction(Direction.FORWARD), ["]"],
            tr("Follow towards the video's end only; again for both ways"))
        add("prompt.as-new", menu, tr("New object instead"), prompts.as_new, ["Ctrl+Shift+N"],
            tr("The prompt is a new object's, not the selected track's"))
        add("prompt.later", menu, tr("Decide later"), prompts.following.proposals.put_off, [],
            tr("Put the proposal off; it stays open"))
        add("prompt.show", menu, tr("Show open proposals"), prompts.following.proposals.show_all, [],
            tr("Show proposals again that were put off"))
        prompts.changed.connect(actions.refresh)

    def _add(self, name: str, menu: str, text: str, slot: Callable[[], object], keys: list[str], tip: str) -> None:
        action = self._actions.add(name, menu, text, slot, keys, tip,
                                   when=lambda: name.removeprefix("prompt.") in self._possible())
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._window.removeAction(action)
        for place in self._places:
            place.addAction(action)

    def _possible(self) -> set[str]:
        """Names of the actions that mean something now."""
        prompts, following = self._prompts, self._prompts.following
        draft, running, run = prompts.draft, following.running, following.proposals.present
        batch = None if draft is not None else following.changeable()
        anything = draft is not None or running is not None or run is not None or bool(prompts.queued)
        changeable = draft is not None or batch is not None
        track = draft.track if draft is not None else None if batch is None else batch.track
        shown = draft is None and running is None and run is not None
        return {name for name, possible in (
            ("accept", anything), ("drop", anything), ("stop", running is not None), ("queue", draft is not None),
            ("backward", changeable), ("forward", changeable), ("as-new", track is not None), ("later", shown),
            ("show", following.proposals.waiting > 0)) if possible}
