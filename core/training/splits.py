"""Which clips of a data set are trained on, which are measured on meanwhile, and which stay apart.

MIR-1K is split as in Huang et al. 2014, by singer; other sets by song, so that no part of a song
that is measured on was ever heard.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.datasets import Clip
from core.errors import UsageError
from core.training.settings import ValidationSettings

PAPER_SINGERS = ("abjones", "amy")
PAPER_VALIDATION = ("abjones_5_08", "abjones_5_09", "amy_9_08", "amy_9_09")

_MIR1K_NAME = re.compile(r"([A-Za-z]+)_\d+_\d+")


@dataclass(frozen=True)
class Split:
    """The parts of a data set. ``test`` clips are never trained on and never chosen by.

    ``rule`` says in a sentence how it was made; it is kept as ``template`` and ``fields`` too, so
    that a window can translate it.
    """

    training: tuple[Clip, ...]
    validation: tuple[Clip, ...]
    test: tuple[Clip, ...]
    template: str
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        return self.template.format(**self.fields)


def split(clips: Sequence[Clip], settings: ValidationSettings) -> Split:
    """The paper's split where ``clips`` are MIR-1K with its other singers, else by song.

    Where some are of the songs that ``settings`` name, those are held out and all others trained
    on. By song, ``settings.share`` of the songs, but at least one, are held out for validation;
    with a share of 0 or a single song all clips are trained on. Where ``settings`` name a singer,
    see ``split_by_singer``.
    """
    if settings.singer:
        return split_by_singer(clips, settings.singer)
    listed = set(settings.songs)
    training, validation = _parted(clips, lambda clip: bool(_names(clip) & listed))
    if training and validation:
        return Split(
            training,
            validation,
            (),
            "By a list of songs: {n_held} of its {n_listed} songs are here and held out for "
            "validation; {n_training} clips are trained on, {n_validation} are measured on.",
            {
                "n_held": len(set.union(*map(_names, validation)) & listed),
                "n_listed": len(listed),
                "n_training": len(training),
                "n_validation": len(validation),
            },
        )
    singers = {_singer(clip) for clip in clips}
    if None not in singers and singers & set(PAPER_SINGERS) and singers - set(PAPER_SINGERS):
        return _by_the_paper(clips, settings)
    training, validation, n_songs = _by_song(clips, settings)
    if not validation:
        return Split(
            tuple(clips),
            (),
            (),
            "All clips are trained on, {n_training}; none is held out.",
            {"n_training": len(clips)},
        )
    return Split(
        training,
        validation,
        (),
        "By song: {n_held} of {n_songs} songs are held out for validation, drawn with seed {seed}; "
        "{n_training} clips are trained on, {n_validation} are measured on.",
        {
            "n_held": len({song_of(clip) for clip in validation}),
            "n_songs": n_songs,
            "seed": settings.seed,
            "n_training": len(training),
            "n_validation": len(validation),
        },
    )


def split_by_singer(clips: Sequence[Clip], singer: str) -> Split:
    """All but one singer are trained on; ``singer`` is measured on. For MIR-1K's clip names.

    Raises ``UsageError`` with the nearest singer if there is none of that name, or no other.
    """
    singers = sorted({s for clip in clips if (s := _singer(clip)) is not None})
    if not singers:
        raise UsageError(
            "The clips' names do not tell their singers; they should be like amy_1_01."
        )
    if singer not in singers:
        raise UsageError(
            "No clip is of the singer “{singer}”. Did you mean “{near}”?",
            singer=singer,
            near=difflib.get_close_matches(singer, singers, 1, cutoff=0.0)[0],
        )
    training, validation = _parted(clips, lambda clip: _singer(clip) == singer)
    if not training:
        raise UsageError(
            "All clips are of the singer “{singer}”; none is left to train on.", singer=singer
        )
    return Split(
        training,
        validation,
        (),
        "By singer: {n_validation} clips of {singer} are measured on, the other {n_training} are "
        "trained on.",
        {"singer": singer, "n_training": len(training), "n_validation": len(validation)},
    )


def song_of(clip: Clip) -> str:
    """What tells the song of a clip: all parts of a song have it in common."""
    name = _base_name(clip)
    return name.rpartition("_")[0] if _MIR1K_NAME.fullmatch(name) else clip.name


def _by_the_paper(clips: Sequence[Clip], settings: ValidationSettings) -> Split:
    ours, test = _parted(clips, lambda clip: _singer(clip) not in PAPER_SINGERS)
    training, validation = _parted(ours, lambda clip: _base_name(clip) in PAPER_VALIDATION)
    if not validation or not training:
        training, validation, _ = _by_song(ours, settings)
    return Split(
        training,
        validation,
        test,
        "As in Huang et al. 2014: {n_training} clips of {singers} are trained on and "
        "{n_validation} measured on; {n_test} clips of other singers are kept for testing.",
        {
            "n_training": len(training),
            "singers": " and ".join(s for s in PAPER_SINGERS if s in {_singer(c) for c in ours}),
            "n_validation": len(validation),
            "n_test": len(test),
        },
    )


def _by_song(
    clips: Sequence[Clip], settings: ValidationSettings
) -> tuple[tuple[Clip, ...], tuple[Clip, ...], int]:
    """Training, validation and the number of songs."""
    songs = sorted({song_of(clip) for clip in clips})
    if settings.share == 0 or len(songs) < 2:
        return tuple(clips), (), len(songs)
    n_held = min(max(1, round(settings.share * len(songs))), len(songs) - 1)
    drawn = np.random.default_rng(settings.seed).permutation(len(songs))[:n_held]
    held = {songs[index] for index in drawn}
    return *_parted(clips, lambda clip: song_of(clip) in held), len(songs)


def _parted(
    clips: Sequence[Clip], is_second: Callable[[Clip], bool]
) -> tuple[tuple[Clip, ...], tuple[Clip, ...]]:
    first = tuple(clip for clip in clips if not is_second(clip))
    second = tuple(clip for clip in clips if is_second(clip))
    return first, second


def _base_name(clip: Clip) -> str:
    """The name without the folders that tell equal names apart."""
    return clip.name.rpartition("/")[2]


def _names(clip: Clip) -> set[str]:
    """All that a list of songs may call the clip."""
    return {clip.name, _base_name(clip), song_of(clip)}


def _singer(clip: Clip) -> str | None:
    match = _MIR1K_NAME.fullmatch(_base_name(clip))
    return match[1] if match else None
