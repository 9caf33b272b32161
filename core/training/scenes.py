"""Where the sources of an example stand: place, width, room and band, drawn anew each time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.training.rooms import Room

if TYPE_CHECKING:
    from core.training.settings import AugmentationSettings

DOUBLED_SHARE = 0.12
"""How many of the voices that may stand beside the centre are sung twice, left and right."""

DELAY_MIN_S, DELAY_MAX_S = 0.010, 0.025
WOBBLE_CENTS = 8.0
RT60_MIN_S, RT60_MAX_S = 0.2, 1.8
PRE_DELAY_MAX_S = 0.06
WET_MIN_DB, WET_MAX_DB = -24.0, -6.0
LIMIT_MIN_HZ, LIMIT_MAX_HZ = 6000.0, 16000.0
HEADROOM_MIN_DB, HEADROOM_MAX_DB = 6.0, 14.0


@dataclass(frozen=True)
class Doubling:
    """A second singing of the same voice: late by ``delay_s``, its pitch going to and fro."""

    delay_s: float
    wobble_hz: float
    wobble_cents: float
    phase: float
    gain_db: float


@dataclass(frozen=True)
class Scene:
    """What was drawn. Places are from -1, left, to 1, right."""

    voice_pick: float
    music_pick: float
    """Lots between 0 and 1, for whoever draws the pieces."""
    place: float
    doubling: Doubling | None
    width: float
    width_seed: int
    room: Room | None
    limit_hz: float
    voice_headroom_db: float
    music_headroom_db: float
    """Peaks are pressed towards this height over the mean level; infinite where they are not."""


def draw_scene(settings: AugmentationSettings, seed: int, epoch: int, item: int) -> Scene:
    """The scene of ``item`` in ``epoch``; every value is drawn whether it is used or not."""
    # A generator of its own: what else is drawn for the example stays as it was without scenes.
    rng = np.random.default_rng((seed, epoch, item, 2))
    picks = rng.random(2)
    chances = rng.random(5)
    place = rng.triangular(-1, 0, 1)
    spread = rng.uniform(0.4, 1.0) * rng.choice((-1, 1))
    doubling = Doubling(
        delay_s=float(rng.uniform(DELAY_MIN_S, DELAY_MAX_S)),
        wobble_hz=float(rng.uniform(0.2, 0.6)),
        wobble_cents=float(rng.uniform(2, WOBBLE_CENTS)),
        phase=float(rng.uniform(0, 2 * math.pi)),
        gain_db=float(rng.uniform(-6, 0)),
    )
    is_doubled = settings.voice_placement > 0 and chances[0] < DOUBLED_SHARE
    width = float(rng.uniform(0.3, 1))
    room = Room(
        rt60_s=math.exp(rng.uniform(math.log(RT60_MIN_S), math.log(RT60_MAX_S))),
        pre_delay_s=float(rng.uniform(0, PRE_DELAY_MAX_S)),
        wet_db=float(rng.uniform(WET_MIN_DB, WET_MAX_DB)),
        seed=int(rng.integers(2**31)),
    )
    limit_hz = math.exp(rng.uniform(math.log(LIMIT_MIN_HZ), math.log(LIMIT_MAX_HZ)))
    headrooms = rng.uniform(HEADROOM_MIN_DB, HEADROOM_MAX_DB, size=2)
    pressed = np.where(chances[3:5] < settings.saturation, headrooms, math.inf)
    return Scene(
        voice_pick=float(picks[0]),
        music_pick=float(picks[1]),
        place=float(spread if is_doubled else place) * settings.voice_placement,
        doubling=doubling if is_doubled else None,
        width=width * settings.music_width,
        width_seed=int(rng.integers(2**31)),
        room=room if chances[1] < settings.room else None,
        limit_hz=limit_hz if chances[2] < settings.band_limit else math.inf,
        voice_headroom_db=float(pressed[0]),
        music_headroom_db=float(pressed[1]),
    )
