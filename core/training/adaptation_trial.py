"""What adapting to a song is worth: songs put together of clips, separated before and after.

The clips of one song and singer follow each other. Of the first only the accompaniment is heard, of
the second only the voice: an introduction and a phrase without accompaniment, which a user would
mark. The rest, which nobody marks, is what is measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.audio import ArrayAudio
from core.audio.source import FloatArray
from core.checkpoint import Model
from core.datasets import Clip, find_clips
from core.editing.grid import Span
from core.editing.marks import Marks
from core.errors import DataError, UsageError
from core.metrics import plain_sdr_db
from core.separator import separate
from core.training.adaptation import Adaptation

MARKED = ("both", "music", "voice", "corrected")
"""What is marked: both stretches, one of them, or both and the third clip, corrected by hand."""

LEAST_CLIPS = 5

ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class TrialSong:
    """A song whose sources are known, ``(n_channels, n_samples)`` each, and where it is marked."""

    name: str
    vocals: FloatArray
    accompaniment: FloatArray
    sample_rate: int
    music_s: Span
    voice_s: Span
    corrected_s: Span

    @property
    def mixture(self) -> FloatArray:
        return self.vocals + self.accompaniment


@dataclass(frozen=True)
class Trial:
    """Plain SDR of voice and accompaniment over the unmarked part, before and after, in dB."""

    song: str
    marked_s: float
    rest_s: float
    before_db: tuple[float, float]
    after_db: tuple[float, float]
    steps: int

    @property
    def gain_db(self) -> float:
        """By how much the voice is better."""
        return self.after_db[0] - self.before_db[0]


def trial_songs(
    folder: Path, n_songs: int, rate: int, leave_out: Collection[str] = ()
) -> list[TrialSong]:
    """The ``n_songs`` longest songs that MIR-1K's clips in ``folder`` make, at ``rate``.

    Songs are called SINGER_SONG; those of ``leave_out`` are not taken.
    A clip's name is SINGER_SONG_NUMBER. ``DataError`` where there are fewer.
    """
    clips: dict[str, list[Clip]] = defaultdict(list)
    for clip in find_clips(folder, "mir1k"):
        parts = clip.name.split("_")
        if len(parts) == 3:
            clips["_".join(parts[:2])].append(clip)
    usable = [
        name for name, found in clips.items() if len(found) >= LEAST_CLIPS and name not in leave_out
    ]
    usable.sort(key=lambda name: (-sum(clip.duration_s for clip in clips[name]), name))
    if len(usable) < n_songs:
        raise DataError(
            "“{name}” holds {n} songs of at least {least} clips, but {wanted} are asked for. Ask "
            "for fewer, or take another folder of MIR-1K clips.",
            name=folder,
            n=len(usable),
            least=LEAST_CLIPS,
            wanted=n_songs,
        )
    return [assembled(name, clips[name], rate) for name in usable[:n_songs]]


def assembled(name: str, clips: Sequence[Clip], rate: int) -> TrialSong:
    """One song of ``clips``, in the order of their names."""
    pairs = [clip.load(rate) for clip in sorted(clips, key=lambda clip: clip.name)]
    vocals = [np.zeros_like(pairs[0][0]), *(voice for voice, _ in pairs[1:])]
    musics = [pairs[0][1], np.zeros_like(pairs[1][1]), *(music for _, music in pairs[2:])]
    edges = np.cumsum([0, *(voice.shape[1] for voice in vocals)]) / rate
    spans = [(float(edges[k]), float(edges[k + 1])) for k in range(3)]
    return TrialSong(name, np.hstack(vocals), np.hstack(musics), rate, *spans)


def run_trial(
    model: Model,
    song: TrialSong,
    seconds: float,
    marked: str = "both",
    should_stop: ShouldStop | None = None,
    progress: Callable[[float], None] | None = None,
) -> Trial:
    """Adapt ``model`` to ``song`` and measure. ``marked`` is one of ``MARKED``.

    ``UsageError`` for another; ``Cancelled`` if asked to stop.
    """
    if marked not in MARKED:
        raise UsageError(
            "“{value}” cannot be marked; choose one of {choices}.",
            value=marked,
            choices=", ".join(MARKED),
        )
    mixture = ArrayAudio(song.mixture, song.sample_rate)
    before = _voice(model, mixture, should_stop)
    marks = Marks(
        voice=(song.voice_s,) if marked != "music" else (),
        music=(song.music_s,) if marked != "voice" else (),
        corrected=(song.corrected_s,) if marked == "corrected" else (),
    )
    # The voice's stem as the user leaves it: right where something is marked.
    now = before.copy()
    for span in (*marks.voice, *marks.music, *marks.corrected):
        where = slice(*(round(edge * song.sample_rate) for edge in span))
        now[:, where] = song.vocals[:, where]
    voice = ArrayAudio(now, song.sample_rate)
    adaptation = Adaptation.to_song(model, mixture, voice, marks, seconds)
    for report in adaptation.run(should_stop):
        if progress is not None:
            progress(report.fraction)
    after = _voice(adaptation.adapted(), mixture, should_stop)
    spans = (*marks.voice, *marks.music, *marks.corrected)
    # The third clip is left out whatever is marked, so that all figures are of the same part.
    rest = round(song.corrected_s[1] * song.sample_rate)
    return Trial(
        song.name,
        sum(stop - start for start, stop in spans),
        (song.vocals.shape[1] - rest) / song.sample_rate,
        _figures(song, before, rest),
        _figures(song, after, rest),
        adaptation.step,
    )


def _voice(model: Model, mixture: ArrayAudio, should_stop: ShouldStop | None) -> FloatArray:
    separation = separate(mixture, model, should_stop=should_stop)
    try:
        return separation.stems[model.card.sources[0]].read(0, mixture.n_samples)
    finally:
        separation.close()


def _figures(song: TrialSong, voice: FloatArray, first: int) -> tuple[float, float]:
    music = song.mixture - voice
    return (
        plain_sdr_db(song.vocals[:, first:], voice[:, first:]),
        plain_sdr_db(song.accompaniment[:, first:], music[:, first:]),
    )
