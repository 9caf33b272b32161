"""Makes the blind test of the song on screen: which stretch, which stems, what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.comparison.blind_sound import BlindSound, Pair, PairPlayer
from app.editing.tools import box_of
from app.i18n import mark
from app.panels.comparison.blind_dialog import BlindDialog, Subject

if TYPE_CHECKING:
    from app.comparison.desk import ComparisonDesk
    from app.main_window import MainWindow

USUAL_S, SHORTEST_S, LONGEST_S = 8.0, 0.5, 60.0
FROM_LOOP, FROM_SELECTION, FROM_PLAYHEAD, FROM_END = (
    mark("the loop"),
    mark("the selection"),
    mark("from the playhead on"),
    mark("the end of the song"),
)


def stretch(
    loop: tuple[float, float] | None,
    selection: tuple[float, float] | None,
    position_s: float,
    length_s: float,
) -> tuple[tuple[float, float], str]:
    """The seconds to compare, and where they come from (an English source text).

    The loop, or else the time of the selection, or else 8 s from the playhead on. Never more than
    a minute, which nobody keeps in mind.
    """
    for span, origin in ((loop, FROM_LOOP), (selection, FROM_SELECTION)):
        if span is not None and span[1] - span[0] >= SHORTEST_S:
            return (span[0], min(span[1], span[0] + LONGEST_S)), origin
    if position_s + USUAL_S <= length_s:
        return (position_s, position_s + USUAL_S), FROM_PLAYHEAD
    return (max(0.0, length_s - USUAL_S), length_s), FROM_END


def blind_dialog(window: MainWindow, desk: ComparisonDesk, player: PairPlayer) -> BlindDialog:
    """The dialog over the song on screen, whose stems both models have made."""
    song, first, second = window.session.current, desk.first, desk.second
    assert song is not None
    assert song.decoded is not None
    assert first is not None
    assert second is not None
    mixture, playback, view = song.decoded.audio, window.playback, window.page.view
    selected = view.selection
    selection = None if selected is None else box_of(selected, playback.length_s)
    loop_s, origin = stretch(view.loop, selection, playback.position_s, playback.length_s)
    rate = mixture.sample_rate
    loop = round(loop_s[0] * rate), min(round(loop_s[1] * rate), mixture.n_samples)
    pairs = {
        source: Pair(mixture, first.stems[source], second.stems[source], loop)
        for source in first.sources
        if source in second.sources
    }
    master_db = window.page.mixer.master.fader.gain_db()
    sound = BlindSound(window.player, player, window.session.pool, master_db)
    return BlindDialog(Subject(song.title, desk.titles, pairs, loop_s, origin), sound, window)
