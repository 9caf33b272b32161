"""What a training tells while it runs. Needs no torch: windows and the command line read these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepReport:
    """After every batch. Epochs count from 1; ``step`` is the number of batches done so far.

    ``loss`` is the mean over the batches of this epoch done so far, ``frames_per_second`` the rate
    of training frames since the epoch began (or since training went on within it).
    """

    epoch: int
    n_epochs: int
    step: int
    n_steps: int
    loss: float
    frames_per_second: float


@dataclass(frozen=True)
class EpochReport:
    """After every epoch: one line of the history file.

    The figures of validation are None where nothing was validated after this epoch. ``is_best``
    says that no epoch before had a higher GNSDR (or, without one, a lower loss).
    """

    epoch: int
    n_epochs: int
    step: int
    n_steps: int
    loss: float
    seconds: float
    learning_rate: float
    validation_loss: float | None = None
    gnsdr_db: float | None = None
    gsir_db: float | None = None
    gsar_db: float | None = None
    is_best: bool = False
    memory_bytes: int = 0


@dataclass(frozen=True)
class CheckpointReport:
    """The state was saved after ``step`` batches; ``epoch`` epochs are whole.

    ``replay_file`` is the name of a new frame of the replay in the run's folder, if there is one.
    """

    epoch: int
    step: int
    replay_file: str | None = None


@dataclass(frozen=True)
class ValidationFigures:
    """Loss of held-out clips, and the voice's figures in dB; None where no clip has any."""

    loss: float
    gnsdr_db: float | None = None
    gsir_db: float | None = None
    gsar_db: float | None = None


@dataclass(frozen=True)
class StageReport:
    """What is done beside training, in words (reading the data, validating), and how far it is."""

    stage: str
    fraction: float


TrainingReport = StepReport | EpochReport | CheckpointReport | StageReport
