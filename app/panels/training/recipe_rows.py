"""What the values of a recipe are called and what they do, in the order of the page."""

from __future__ import annotations

from app.i18n import mark

SHIFT_TEXTS = (
    ("none", mark("None")),
    ("grid 50000", mark("50 000 samples")),
    ("grid 25000", mark("25 000 samples")),
    ("grid 10000", mark("10 000 samples")),
    ("random", mark("At random")),
)
BAND_TEXTS = (
    ("recorded", mark("As recorded")),
    ("matched", mark("The narrower one's")),
)
LENGTHS = (("epochs", mark("Epochs")), ("steps", mark("Batches")))
ITERATIONS = (("epochs", mark("Iterations")),)
CONTEXTS = tuple((str(n), str(n)) for n in (1, 3, 5, 7, 9))
EXPLAIN = mark("Point at a value to read what it does.")
Row = tuple[str, str, str]  # name, meaning, unit
ROWS: dict[str, Row] = {
    "length": (
        mark("Length"),
        mark("How long to train: times through all recordings, or batches in all"),
        "",
    ),
    "learning_rate": (
        mark("Learning rate"),
        mark("Size of the steps: higher learns faster, too high never settles"),
        "",
    ),
    "batch_sequences": (
        mark("Batch"),
        mark("Sequences that are learnt from at a time: more is steadier and takes more memory"),
        mark("sequences"),
    ),
    "sequence_frames": (
        mark("Sequence"),
        mark("Frames in one sequence: how far back the network can learn to remember"),
        mark("frames"),
    ),
    "context": (
        mark("Context"),
        mark("Neighbouring frames that the network sees at once"),
        mark("frames"),
    ),
    "layers": (mark("Hidden layers"), mark("Layers between input and masks"), ""),
    "units": (
        mark("Units per layer"),
        mark("More can learn more, and are slower: the time grows with the square"),
        "",
    ),
    "recurrent": (
        mark("Recurrent"),
        mark("Layers that remember what came before: none, one (DRNN) or all (sRNN)"),
        "",
    ),
    "gamma": (
        mark("Discriminative γ"),
        mark("Weight of keeping the other source out, 0 to 0.5: cleaner voice, more artefacts"),
        "",
    ),
    "shift": (
        mark("Circular shift"),
        mark("Moves the accompaniment under the voice, in steps or at random: more examples"),
        "",
    ),
    "remix": (
        mark("Remixed"),
        mark("Share of voices that are put over the accompaniment of another recording"),
        "%",
    ),
    "speed": (
        mark("Speed and pitch"),
        mark("Plays voice and accompaniment faster or slower by up to this much"),
        "± %",
    ),
    "pitch": (
        mark("Voice pitch"),
        mark("Moves the voice up or down by up to this much, its tempo kept"),
        mark("± semitones"),
    ),
    "balance": (
        mark("Balance"),
        mark("Changes the level of voice against accompaniment by up to this much"),
        "± dB",
    ),
    "examples": (
        mark("Examples"),
        mark(
            "Examples drawn in each epoch, from voices where they sing; 0: each recording, or each "
            "20 s of it, is one"
        ),
        mark("per epoch"),
    ),
    "placement": (
        mark("Voice placement"),
        mark("How far from the middle a mono voice may stand; some are sung twice, left and right"),
        "%",
    ),
    "width": (
        mark("Music width"),
        mark("How wide mono music becomes: each frequency gets a place between left and right"),
        "%",
    ),
    "room": (
        mark("Rooms"),
        mark(
            "Share of voices that sound in a room, small or large; the echoes belong to the voice"
        ),
        "%",
    ),
    "saturation": (
        mark("Saturation"),
        mark("Share of voices and of music whose peaks are pressed down, as in loud masters"),
        "%",
    ),
    "band": (
        mark("Band"),
        mark(
            "Cuts voice and music off where the narrower recording ends, so that high does not "
            "come to mean music"
        ),
        "",
    ),
    "limit": (
        mark("Narrowed"),
        mark("Share of examples that are cut off between 6 and 16 kHz, like old recordings"),
        "%",
    ),
    "share": (
        mark("Held out"),
        mark("Share of the songs that is kept out of training, to measure on; MIR-1K has its own"),
        "%",
    ),
    "every_epochs": (
        mark("Measured every"),
        mark(
            "Epochs from one measurement on the held-out songs to the next: the curve of the voice "
            "has a point for each, and training waits meanwhile"
        ),
        mark("epochs"),
    ),
    "max_clips": (
        mark("Measured on"),
        mark(
            "Held-out clips that are measured at most, picked evenly; 0 for all. Each takes about "
            "a second, so that few of them keep training from waiting"
        ),
        mark("clips"),
    ),
}
TAKES_WHOLE = mark("A whole number from {low} to {high}")
TAKES_NUMBER = mark("A number from {low} to {high}")
TAKES_MULTIPLE = mark("A multiple of {heads}, such as {near}: the attention has so many heads")
OWN_NETWORK = mark("This network is no stack of layers; its recipe decides its size.")
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        mark("Training"),
        ("length", "learning_rate", "batch_sequences", "sequence_frames", "gamma"),
    ),
    (mark("Validation"), ("share", "every_epochs", "max_clips")),
    (mark("Network"), ("layers", "units", "recurrent", "context")),
    (
        mark("Augmentation"),
        (
            "shift",
            "remix",
            "speed",
            "pitch",
            "balance",
            "examples",
            "placement",
            "width",
            "room",
            "saturation",
            "band",
            "limit",
        ),
    ),
)
