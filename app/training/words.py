"""Texts that core and recipes say and the window shows: named here to be translated."""

from __future__ import annotations

from app.i18n import mark

STAGES = (
    mark("Reading the data"),
    mark("Preparing examples"),
    mark("Validating"),
    mark("Separating the pinned clip"),
)
SPLITS = (
    mark("All clips are trained on, {n_training}; none is held out."),
    mark(
        "By song: {n_held} of {n_songs} songs are held out for validation, drawn with seed {seed}; "
        "{n_training} clips are trained on, {n_validation} are measured on."
    ),
    mark(
        "By a list of songs: {n_held} of its {n_listed} songs are here and held out for "
        "validation; {n_training} clips are trained on, {n_validation} are measured on."
    ),
    mark(
        "As in Huang et al. 2014: {n_training} clips of {singers} are trained on and "
        "{n_validation} measured on; {n_test} clips of other singers are kept for testing."
    ),
)
RECIPES = (
    mark("A row of the tables of Huang et al. 2014, made again; not meant for songs."),
    mark(
        "DRNN-2 with self-attention over the two seconds before each frame, to find what repeats."
    ),
    mark("DRNN-2 behind a convolution over frequency: a pattern is learnt once for all pitches."),
    mark("Two GRU layers that look only back, on longer sequences; half the size of an LSTM."),
    mark(
        "DRNN-2 with voices in other keys and timbres, over other songs, at other speeds: for sets "
        "of few songs."
    ),
    mark(
        "No recurrence: eleven frames of a log-mel spectrogram. Small, quick, and each frame "
        "stands alone."
    ),
    mark(
        "Two bidirectional LSTM layers: long memory, and what comes after is heard too. Slow to "
        "train."
    ),
    mark("A small network (DRNN-2, 3 × 300) for a first look at a data set: minutes, not hours."),
    mark(
        "Sigmoid units on power spectra, each source estimated by itself: a baseline without the "
        "masking layer."
    ),
    mark(
        "Every layer recurrent, with tanh units, on log-power spectra: bounded memory in all "
        "layers."
    ),
)
