"""The sections of a recipe that say how to train; what a model is, its card's sections say.

Defaults change nothing: what a recipe does not ask for is not done to the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.training.rules import Rule, check, choice, count, flag, names, number, text

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class AugmentationSettings:
    """What is drawn anew for each clip in each epoch.

    ``circular_shift`` moves the accompaniment in time against its voice: on the "grid" of Huang et
    al. 2014, in steps of ``circular_shift_samples`` at 16 kHz, each step an example of its own, or
    at "random". ``own_accompaniment`` is the share of voices that keep their own accompaniment; the
    others are put over a random part of another clip's. Speeds are drawn from ``n_speeds`` steps
    between ``speed_min`` and ``speed_max``, pitch moving along; ``pitch_semitones`` and
    ``formant_semitones`` are drawn evenly to both sides, the tempo kept. The voice is louder than
    the accompaniment by ``voice_to_music_mean_db``, give or take ``voice_to_music_db``.
    ``no_voice`` is the share of examples without their voice, ``channel_swap`` of those with left
    and right exchanged.

    With ``epoch_examples`` an epoch has so many: voices are drawn by how long they sing, times the
    weights of their folders, accompaniments by how long they sound; silent parts are drawn as
    neither. 0 makes every piece of a clip an example of its own.

    ``voice_placement``, 0 to 1, is how far from the centre a mono voice may stand in stereo;
    ``music_width``, 0 to 1, how wide a mono accompaniment becomes. ``room`` is the share of voices
    that sound in a room, ``saturation`` that of signals whose loudest parts are pressed together.
    ``match_band`` cuts voice and accompaniment off where the narrower of the two recordings ends,
    and draws accompaniments that reach above 12 kHz for voices that do; ``band_limit`` is the
    share of examples that are narrowed to between 6 and 16 kHz.
    """

    circular_shift: str = choice("none", "grid", "random")
    circular_shift_samples: int = count(10000, 1, 10_000_000)
    own_accompaniment: float = number(1.0, 0, 1)
    speed_min: float = number(1.0, 0.25, 4)
    speed_max: float = number(1.0, 0.25, 4)
    n_speeds: int = count(13, 1, 100)
    pitch_semitones: float = number(0.0, 0, 12)
    formant_semitones: float = number(0.0, 0, 12)
    voice_to_music_db: float = number(0.0, 0, 40)
    voice_to_music_mean_db: float = number(0.0, -20, 20)
    level_min_dbfs: float = number(-20.0, -80, 0)
    level_max_dbfs: float = number(-20.0, -80, 0)
    equaliser_db: float = number(0.0, 0, 24)
    no_voice: float = number(0.0, 0, 1)
    channel_swap: float = number(0.0, 0, 1)
    epoch_examples: int = count(0, 0, 10_000_000)
    voice_placement: float = number(0.0, 0, 1)
    music_width: float = number(0.0, 0, 1)
    room: float = number(0.0, 0, 1)
    saturation: float = number(0.0, 0, 1)
    match_band: bool = flag(False)
    band_limit: float = number(0.0, 0, 1)

    @property
    def drawn(self) -> bool:
        """Whether examples are drawn from all pieces, instead of each piece being one."""
        return self.epoch_examples > 0

    @property
    def staged(self) -> bool:
        """Whether voices and accompaniments are set up in a space of their own."""
        return self.match_band or any(
            (self.voice_placement, self.music_width, self.room, self.saturation, self.band_limit)
        )

    def __post_init__(self) -> None:
        check(self, "The augmentation")
        for low, high in (("speed_min", "speed_max"), ("level_min_dbfs", "level_max_dbfs")):
            if getattr(self, low) > getattr(self, high):
                raise UsageError(
                    "The augmentation: {low} ({low_value:g}) lies above {high} ({high_value:g}). "
                    "Exchange the two.",
                    low=low,
                    low_value=getattr(self, low),
                    high=high,
                    high_value=getattr(self, high),
                )


@dataclass(frozen=True)
class ObjectiveSettings:
    """What training makes small: see ``core.training.objective``.

    ``gamma`` is the weight of the discriminative term; beyond one half the objective has no lower
    bound. ``spectra`` says what the estimates are compared with: the part of a source in phase
    with the mixture, or its magnitude. ``kl_floor`` is that of Huang et al. 2014, for sources of
    unit energy over a clip.
    """

    error: str = choice("squared", "kl", "l1")
    gamma: float = number(0.0, 0, 0.5)
    spectra: str = choice("phase_sensitive", "magnitude")
    kl_floor: float = number(1e-3, 1e-8, 1)

    def __post_init__(self) -> None:
        check(self, "The objective")
        if self.error == "kl" and self.spectra != "magnitude":
            raise UsageError(
                "The objective: the error “kl” compares magnitudes. Set spectra to “magnitude”, or "
                "error to “squared”."
            )


@dataclass(frozen=True)
class OptimiserSettings:
    """How the objective is made small.

    Training lasts ``epochs``, or ``steps`` batches in all where that is not 0. A batch has
    ``batch_sequences`` sequences of ``sequence_frames`` frames. The rate rises over
    ``warm_up_steps`` and then follows ``schedule``: "plateau" multiplies it by ``plateau_factor``
    after ``plateau_patience`` epochs without a lower validation loss. Gradients are cut to
    ``gradient_norm`` as a whole and to ``gradient_value`` each (0: not at all); with
    ``truncate_frames`` they flow back in time over so many frames (0: over the whole sequence).
    ``average_decay`` is that of the running mean of the weights, which is what is kept (0: the
    weights as they are). Training ends early after ``early_stopping_epochs`` without progress
    (0: never).

    The method "lbfgs" takes ``lbfgs_iterations`` steps over all data at once, with a line search
    instead of a rate, and remembers ``lbfgs_history`` of them; batches only bound its memory.
    """

    method: str = choice("adam", "adamw", "lbfgs")
    epochs: int = count(250, 1, 1_000_000)
    steps: int = count(0, 0)
    batch_sequences: int = count(32, 1, 65536)
    sequence_frames: int = count(100, 2, 65536)
    learning_rate: float = number(5e-4, 1e-8, 10)
    weight_decay: float = number(0.0, 0, 1)
    schedule: str = choice("cosine", "constant", "plateau")
    warm_up_steps: int = count(100, 0)
    plateau_patience: int = count(10, 1)
    plateau_factor: float = number(0.5, 0.001, 0.999)
    gradient_norm: float = number(1.0, 0)
    gradient_value: float = number(0.0, 0)
    average_decay: float = number(0.998, 0, 0.999999)
    product_dtype: str = choice("float32", "bfloat16")
    truncate_frames: int = count(0, 0)
    early_stopping_epochs: int = count(0, 0)
    lbfgs_history: int = count(50, 1, 1000)
    lbfgs_iterations: int = count(400, 1, 1_000_000)

    def __post_init__(self) -> None:
        check(self, "The optimiser")
        if self.weight_decay and self.method != "adamw":
            raise UsageError(
                "The optimiser: weight_decay works with “adamw” alone. Set method to “adamw”, or "
                "weight_decay to 0."
            )
        if self.method == "lbfgs" and self.product_dtype != "float32":
            raise UsageError(
                "The optimiser: the line search of “lbfgs” needs exact products. Set product_dtype "
                "to “float32”, or method to “adam”."
            )
        if self.method == "lbfgs" and self.steps:
            raise UsageError(
                "The optimiser: “lbfgs” counts iterations. Leave out steps, and set "
                "lbfgs_iterations."
            )


@dataclass(frozen=True)
class ValidationSettings:
    """Songs kept out of training to measure on: ``share`` of them, drawn by ``seed``.

    They are measured after every ``every_epochs`` epochs, at most ``max_clips`` of them (0: all).
    Where clips tell their singers, as MIR-1K's do, ``singer`` names one to hold out instead: what
    is chosen by that, new singers may agree with. ``songs`` names those to hold out wherever
    they are found; only where none of them is, the share counts. In a recipe's file it may be the
    name of a list, a text file beside the recipe.
    """

    share: float = number(0.0, 0, 0.9)
    singer: str = text("")
    songs: tuple[str, ...] = names()
    seed: int = count(1, 0)
    every_epochs: int = count(1, 1)
    max_clips: int = count(0, 0)

    def __post_init__(self) -> None:
        check(self, "The validation")


CARD_RULES: Mapping[str, Mapping[str, Rule]] = {
    "stft": {
        "window_samples": Rule(int, 16, 65536),
        "hop_samples": Rule(int, 1, 32768),
        "window": Rule(str, choices=("sine", "hann")),
    },
    "level": {
        "time_constant_s": Rule(float, 0.01, 60),
        "floor_dbfs": Rule(float, -120, 0),
    },
    "chunk": {
        "core_frames": Rule(int, 1, 65536),
        "warm_up_frames": Rule(int, 0, 65536),
        "look_ahead_frames": Rule(int, 0, 65536),
        "fade_frames": Rule(int, 0, 65536),
    },
    "network": {"name": Rule(str)},
}
"""Rules of the sections that a model's card has too."""
