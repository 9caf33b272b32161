"""Joins the edits to what is seen, heard and clicked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from app.adaptation.control import AdaptationControl
from app.editing import tools as region_tools
from app.editing.certainty_desk import CertaintyDesk
from app.editing.desk import EditingDesk
from app.editing.files import MaskFiles
from app.editing.pitch_desk import PitchDesk
from app.editing.tools import MaskTools, wand_region
from app.panels.editing import EditPanel
from app.panels.editing.hear_box import Heard
from app.panels.editing.selection_box import Act
from app.song import StemsAdvanced
from app.spectrogram import Painted, SpectrogramView
from core.editing.audition import Between, Inside, Part, TakenAway, part_stems
from core.editing.edits import Edit
from core.editing.regions import Region
from core.editing.shape import MaskShape
from core.masks import Mask

if TYPE_CHECKING:
    from app.actions import Handler
    from app.playback import Playback
    from app.session import Session
    from app.song_display import SongDisplay


class MaskWorkbench(QObject):
    """The page's part in which masks are edited: panel and tools over one ``EditingDesk``."""

    failed = Signal(object)  # Failure
    changed = Signal()  # what can be done

    def __init__(
        self,
        session: Session,
        panel: EditPanel,
        view: SpectrogramView,
        display: SongDisplay,
        playback: Playback,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.desk = EditingDesk(session, self._focus_s, self)
        self.panel, self._view = panel, view
        self._display, self._playback = display, playback
        self.certainty = CertaintyDesk(session, view.ribbon, self)
        self.files = MaskFiles(session, self.desk, lambda: view.selection, view)
        self.files.failed.connect(self.failed)
        self.files.said.connect(self._on_said)
        self.files.progressed.connect(panel.set_fraction)
        self.pitch = PitchDesk(session, view, self)
        self.pitch.failed.connect(self.failed)
        self._heard_mask: Mask | None = None
        self._tools = MaskTools(self.desk, lambda: panel.tools.settings)
        self.adapting = AdaptationControl(
            session, self.desk, self._tools, panel.adapt, view, playback, self
        )
        self.adapting.failed.connect(self.failed)
        self.adapting.stage_changed.connect(self.changed)
        self.desk.changed.connect(self.changed)
        self.adapting.said.connect(self._on_said)
        self.desk.changed.connect(self.refresh)
        self.desk.worked.connect(self._on_worked)
        self.desk.advanced.connect(self._on_advanced)
        self.desk.failed.connect(self.failed)
        view.painted.connect(self._on_painted)
        view.selection_changed.connect(self._on_selection_changed)
        view.wand_used.connect(self._on_wand_used)
        panel.shown.connect(self.desk.prepare)
        panel.tools.tool_chosen.connect(view.set_tool)
        panel.tools.brush_changed.connect(view.set_brush)
        panel.selection.acted.connect(self.act)
        panel.hear.changed.connect(self._on_hear_changed)
        panel.shape.changed.connect(self._on_shape_changed)
        panel.shape.settled.connect(self.desk.seal)
        panel.edits.hidden_toggled.connect(self._on_hidden_toggled)
        panel.edits.removed.connect(self._on_removed)
        panel.edits.moved.connect(self._on_moved)
        panel.edits.chosen.connect(self._on_edit_chosen)
        panel.edits.changed.connect(self._on_edit_changed)
        panel.edits.detail.settled.connect(self.desk.seal)
        panel.history.chosen.connect(self.desk.go_to)
        panel.history.undo_clicked.connect(self.desk.undo)
        panel.history.redo_clicked.connect(self.desk.redo)
        panel.history.compared.connect(self.desk.set_bypassed)
        view.set_brush(panel.tools.brush)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is of edits."""
        desk, panel = self.desk, self.panel
        available = desk.can_edit
        if available and panel.isVisible():
            desk.prepare()
        panel.set_available(available)
        self._view.set_can_draw(available)
        panel.shape.show_shape(desk.state.shape)
        panel.edits.show_edits(desk.state.edits)
        history = desk.history
        panel.history.show_history(history.entries, history.index, desk.is_bypassed)
        self._enable_selection()
        self._on_worked()
        if self.panel.hear.heard is not Heard.ALL and self._heard_mask is not self._mask():
            self.panel.hear.choice.setCurrentIndex(0)  # another song: all of it is heard

    def act(self, act: Act) -> None:
        """Do something with the selection."""
        region = self._view.selection
        if act is Act.PASTE and self.desk.can_edit:
            pasted = self._tools.paste(self._playback.position_s)
            if pasted is not None:
                self._view.set_selection(pasted)
        if region is None or not self.desk.can_edit:
            return
        if act in region_tools.ACT_ACTIONS:
            self._tools.act(act, region, self.panel.selection.gain.value)
        elif act is Act.COPY:
            self._tools.copy(region)
            self._enable_selection()
        elif act is Act.ALL_FREQUENCIES:
            self._view.set_selection(region_tools.all_frequencies(region))
        elif act is Act.ALL_TIMES:
            song = self.desk.song_for_edits()
            if song is not None:
                self._view.set_selection(region_tools.all_times(region, song.network_mask))
        elif act is Act.OUTSIDE:
            self._view.set_selection(region_tools.outside(region))
        elif act is Act.LOOP:
            self._playback.loop(region_tools.box_of(region, self._playback.length_s))

    def handlers(self) -> dict[str, Handler]:
        """What the actions of the menu “Edit” do."""
        acts = {
            "to_voice": Act.VOICE,
            "to_music": Act.ACCOMPANIMENT,
            "to_network": Act.NETWORK,
            "swap": Act.SWAP,
            "copy_mask": Act.COPY,
            "paste_mask": Act.PASTE,
        }
        handlers: dict[str, Handler] = {"undo": self.desk.undo, "redo": self.desk.redo}
        for tool in self.panel.tools.buttons:
            handlers[f"tool_{tool.value}"] = _Call(self, self.panel.tools.choose, tool).act
        for name, act in acts.items():
            handlers[name] = _Call(self, self.act, act).act
        for name, factor in (("brush_smaller", 1 / 1.2), ("brush_larger", 1.2)):
            handlers[name] = _Call(self, self.panel.tools.resize_brush, factor).act
        handlers["compare"] = self.panel.history.compare.click
        for name in ("save_mask", "load_mask", "save_table", "save_pair", "save_pitch"):
            handlers[name] = getattr(self.files, name)
        for name in ("next_doubt", "previous_doubt", "next_phrase", "previous_phrase"):
            handlers[name] = _Call(self, self._go, getattr(self.certainty, name)).act
        for name in ("mark_voice", "mark_music"):
            handlers[name] = getattr(self.adapting, name)
        handlers["adapt"], handlers["adapted"] = self.adapting.start, self.adapting.toggle
        handlers["select_all"] = self._on_select_all
        handlers["deselect"] = self._on_deselect
        return handlers

    def _on_said(self, text: str, fields: dict[str, object]) -> None:
        self.panel.say(text, **fields)

    def _go(self, find: Callable[[float], float | None]) -> None:
        """To the place that ``find`` gives, going by where the song is."""
        place_s = find(self._playback.position_s)
        if place_s is not None:
            self._playback.seek_s(place_s)

    def _focus_s(self) -> float:
        """Where changes are to be heard and seen first."""
        shown = self._view.view_range
        position = self._playback.position_s
        return position if shown.start_s <= position <= shown.stop_s else shown.start_s

    def _enable_selection(self) -> None:
        available = self.desk.can_edit
        selected = available and self._view.selection is not None
        self.panel.selection.set_available(selected, available and self._tools.can_paste)

    @Slot(object)
    def _on_advanced(self, advanced: StemsAdvanced) -> None:
        first_edit = self._heard_mask is not None and self._heard_mask is not self._mask()
        self._display.on_edited(advanced)
        self._playback.on_edited(advanced)
        self.certainty.on_advanced(advanced)
        self.pitch.refresh()
        if first_edit:  # what is heard goes by the network's mask, which is no longer the song's
            self._on_hear_changed()

    def _on_worked(self) -> None:
        self.panel.set_fraction(self.desk.fraction)

    def _on_painted(self, painted: Painted) -> None:
        if self.desk.can_edit:
            self._tools.paint(painted)

    def _on_selection_changed(self, _region: Region | None) -> None:
        self._enable_selection()
        if self.panel.hear.heard in (Heard.INSIDE, Heard.OUTSIDE):
            self._on_hear_changed()

    def _on_hear_changed(self) -> None:
        """Play the part of the stems that was chosen, or all where there is none."""
        song = self.desk.song_for_edits() if self.desk.can_edit else None
        part = self._part()
        self._heard_mask = None
        if song is None or part is None:
            self._playback.hear(None)
            return
        result = song.result
        self._heard_mask = result.mask
        stems = part_stems(part, song.mixture, result.mask, result.network_mask)
        self._playback.hear(dict(zip(result.sources, stems, strict=True)))

    def _mask(self) -> Mask | None:
        song = self.desk.song
        return None if song is None else song.result.mask

    def _part(self) -> Part | None:
        hear, selection = self.panel.hear, self._view.selection
        if hear.heard is Heard.BETWEEN:
            return Between(*hear.bounds)
        if hear.heard is Heard.TAKEN:
            return TakenAway()
        if hear.heard is Heard.ALL or selection is None:
            return None
        inside = hear.heard is Heard.INSIDE
        return Inside(selection if inside else region_tools.outside(selection))

    def _on_wand_used(self, place: tuple[float, float]) -> None:
        pyramid = self._view.level_pyramid()
        if pyramid is not None:
            tolerance_db = self.panel.tools.settings.tolerance_db
            self._view.set_selection(wand_region(pyramid, place, tolerance_db))

    def _on_shape_changed(self, shape: MaskShape, name: str) -> None:
        self.desk.push(name, replace(self.desk.state, shape=shape), merge_key=("shape", name))

    def _on_hidden_toggled(self, edit_id: int) -> None:
        self._tools.hide(edit_id)

    def _on_removed(self, edit_id: int) -> None:
        self._tools.remove(edit_id)

    def _on_moved(self, edit_id: int, places: int) -> None:
        self._tools.move(edit_id, places)

    def _on_edit_chosen(self, edit: Edit | None) -> None:
        """Show where an edit acts."""
        self._view.set_selection(None if edit is None else edit.region)

    def _on_edit_changed(self, edit: Edit) -> None:
        self._tools.change(edit)

    def _on_select_all(self) -> None:
        if self.desk.can_edit:
            self._view.set_selection(region_tools.EVERYTHING)

    def _on_deselect(self) -> None:
        self._view.set_selection(None)


class _Call(QObject):
    """A call with its argument, for an action."""

    def __init__(self, parent: QObject, function: Callable[[Any], None], argument: object) -> None:
        super().__init__(parent)
        self._function, self._argument = function, argument

    def act(self) -> None:
        self._function(self._argument)
