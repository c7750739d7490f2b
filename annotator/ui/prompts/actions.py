"""Actions on prompts and proposals, with names and keys."""

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
    """Enables each action only while it applies. Enter, Esc and the brackets work while the canvas or the timeline has
    the focus, so they do not interfere with typing elsewhere."""

    def __init__(self, prompts: PromptController, canvas: Canvas, timeline: QWidget, actions: Actions,
                 window: QWidget) -> None:
        super().__init__(canvas)
        self._prompts, self._actions = prompts, actions
        self._targets, self._window = (canvas, timeline), window
        track, tr = self.tr("Track"), self.tr
        actions.add("tool.prompt", track, tr("Prompt"), lambda: canvas.set_tool(Tool.PROMPT), ["N"],
                    tr("Drag a box around an object, click to add points, Alt-click to exclude points. Ctrl-drag "
                       "propagates immediately"), needs=Needs.EDITABLE, group="new")
        menu = f"{track}/{tr('Prompts and proposals')}"
        add = self._add
        add("prompt.accept", menu, tr("Propagate or accept"), prompts.accept, ["Return", "Enter"],
            tr("Propagate the prompt, or accept the proposal"))
        add("prompt.drop", menu, tr("Discard"), prompts.drop, ["Esc"],
            tr("Discard the prompt, the propagation or the proposal"))
        add("prompt.stop", menu, tr("Stop propagation"), prompts.propagation.stop, [],
            tr("Stop propagating and propose the frames that are finished"))
        add("prompt.queue", menu, tr("Add to queue"), prompts.queue, ["Shift+Return", "Shift+Enter"],
            tr("Queue this prompt and add more; Enter then propagates all of them together"))
        add("prompt.backward", menu, tr("Propagate backward only"),
            lambda: prompts.use_direction(Direction.BACKWARD), ["["],
            tr("Propagate towards the start of the video only; press again for both directions"))
        add("prompt.forward", menu, tr("Propagate forward only"),
            lambda: prompts.use_direction(Direction.FORWARD), ["]"],
            tr("Propagate towards the end of the video only; press again for both directions"))
        add("prompt.as-new", menu, tr("Prompt a new object"), prompts.as_new, ["Ctrl+Shift+N"],
            tr("Use the prompt for a new object instead of the selected track"))
        add("prompt.later", menu, tr("Decide later"), prompts.propagation.proposals.put_off, [],
            tr("Hide the proposal for now; it stays open"))
        add("prompt.show", menu, tr("Show open proposals"), prompts.propagation.proposals.show_all, [],
            tr("Show the proposals that you put off"))
        prompts.changed.connect(actions.refresh)

    def _add(self, name: str, menu: str, text: str, slot: Callable[[], object], keys: list[str], tip: str) -> None:
        action = self._actions.add(name, menu, text, slot, keys, tip,
                                   when=lambda: name.removeprefix("prompt.") in self._possible())
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._window.removeAction(action)
        for target in self._targets:
            target.addAction(action)

    def _possible(self) -> set[str]:
        """Return the names of the actions that apply now."""
        prompts, propagation = self._prompts, self._prompts.propagation
        draft, running, run = prompts.draft, propagation.running, propagation.proposals.present
        batch = None if draft is not None else propagation.changeable()
        anything = draft is not None or running is not None or run is not None or bool(prompts.queued)
        changeable = draft is not None or batch is not None
        track = draft.track if draft is not None else None if batch is None else batch.track
        shown = draft is None and running is None and run is not None
        return {name for name, possible in (
            ("accept", anything), ("drop", anything), ("stop", running is not None), ("queue", draft is not None),
            ("backward", changeable), ("forward", changeable), ("as-new", track is not None), ("later", shown),
            ("show", propagation.proposals.waiting > 0)) if possible}
