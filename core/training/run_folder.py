"""The folder of one training: what it is, how it goes, and what it leaves. Needs no torch.

``run.json`` says what is trained on what; ``history.jsonl`` holds a line per epoch; ``replay``
holds the pinned clip's mask after every epoch; ``model`` is what became of it. The state of
training lies beside them.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_data_path

from core.card import CARD_FILE
from core.errors import DataError, OutputError
from core.training.process_lock import held, is_held
from core.training.reports import EpochReport
from core.whole_file import whole_file, write_json

FORMAT = 1
RUN_FILE = "run.json"
LOCK_FILE = "lock"
HISTORY_FILE = "history.jsonl"
STATE_FILE = "state.safetensors"
BEST_FILE = "best.safetensors"
MODEL_FOLDER = "model"
REPLAY_FOLDER = "replay"
PINNED_FILE = "pinned.npz"

STATUSES = ("running", "paused", "finished", "stopped", "failed")


@dataclass(frozen=True)
class RunInfo:
    """What ``run.json`` says. Lists hold names of clips; ``created`` is ISO 8601.

    ``data`` and ``accompaniment`` are paths of folders, ``weights`` theirs, in this order.
    ``message`` is the sentence that goes with the status, "" where there is nothing to say.
    ``left_out`` holds (name, sentence) of clips that cannot be used. ``begun_with`` says which
    model's weights were the first, None for random ones.
    """

    title: str
    created: str
    data: tuple[str, ...]
    layout: str
    recipe: dict[str, Any]
    device: str = "cpu"
    status: str = "running"
    message: str = ""
    training: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    split_rule: str = ""
    left_out: tuple[tuple[str, str], ...] = ()
    minutes: float = 0.0
    validation_data: str | None = None
    pinned: str | None = None
    begun_with: dict[str, Any] | None = None
    accompaniment: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    format: int = FORMAT

    def __post_init__(self) -> None:
        if isinstance(self.data, str):  # as runs had it that knew one folder alone
            object.__setattr__(self, "data", (self.data,))


@dataclass(frozen=True)
class ReplayFrame:
    """The pinned clip's mask after ``epoch`` epochs: uint8 ``(n_bins, n_frames)``, 255 = voice."""

    epoch: int
    step: int
    mask: NDArray[np.uint8]


@dataclass(frozen=True)
class PinnedClip:
    """The clip that is separated again after every epoch, float32 ``(n_channels, n_samples)``.

    The mixture is ``vocals + accompaniment``.
    """

    name: str
    sample_rate: int
    vocals: NDArray[np.float32]
    accompaniment: NDArray[np.float32]

    @property
    def mixture(self) -> NDArray[np.float32]:
        return self.vocals + self.accompaniment


class RunFolder:
    """One training on disk; every method may be called while another process trains in it."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def model_folder(self) -> Path:
        return self.path / MODEL_FOLDER

    @property
    def state_file(self) -> Path:
        return self.path / STATE_FILE

    @property
    def has_info(self) -> bool:
        return (self.path / RUN_FILE).is_file()

    @property
    def has_model(self) -> bool:
        return (self.model_folder / CARD_FILE).is_file()

    @property
    def holds_a_training(self) -> bool:
        """Whether anything lies here that another training would overwrite."""
        names = (RUN_FILE, STATE_FILE, HISTORY_FILE, MODEL_FOLDER, REPLAY_FOLDER)
        return any((self.path / name).exists() for name in names)

    @property
    def is_running(self) -> bool:
        """Whether a living process trains here."""
        return is_held(self.path / LOCK_FILE)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Train here: ``DataError`` if somebody does already; ends with the process."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = held(self.path / LOCK_FILE)
            mine = lock.__enter__()
        except OSError as error:
            raise OutputError(
                "“{name}” cannot be written: {reason}. Choose another folder.",
                name=self.path,
                reason=error.strerror or error,
            ) from error
        try:
            if not mine:
                raise DataError(
                    "The training in “{name}” is running already. Stop it there first, or choose "
                    "another folder.",
                    name=self.path,
                )
            yield
        finally:
            lock.__exit__(None, None, None)

    def info(self) -> RunInfo:
        """What ``run.json`` says, with a status that is true.

        A run whose process died is "paused". Raises ``DataError`` if it is missing or damaged.
        """
        try:
            table = json.loads((self.path / RUN_FILE).read_text(encoding="utf-8"))
            if table["format"] > FORMAT:
                raise ValueError("made by a newer Stemscope")
            known = {f.name for f in fields(RunInfo)}
            values = {name: value for name, value in table.items() if name in known}
            for name in ("training", "validation", "test", "accompaniment", "weights"):
                values[name] = tuple(values.get(name, ()))
            data = values["data"]
            values["data"] = data if isinstance(data, str) else tuple(data)
            values["left_out"] = tuple((n, reason) for n, reason in values.get("left_out", ()))
            info = RunInfo(**values)
            if info.status not in STATUSES:
                raise ValueError(f"unknown status {info.status}")
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError(
                "“{name}” holds no training that can be read ({reason}). Choose another folder.",
                name=self.path,
                reason=f"{RUN_FILE}: {getattr(error, 'strerror', None) or error}",
            ) from error
        if info.status == "running" and not self.is_running:
            return replace(info, status="paused")
        return info

    def write(self, info: RunInfo) -> None:
        """Keep ``info``; ``OutputError`` if the disk refuses."""
        write_json(self.path / RUN_FILE, asdict(info))

    def set_status(self, status: str, message: str = "") -> None:
        self.write(replace(self.info(), status=status, message=message))

    def history(self) -> list[EpochReport]:
        """The epochs so far, in order; a line that is cut short ends it."""
        known = {f.name for f in fields(EpochReport)}
        reports: list[EpochReport] = []
        try:
            lines = (self.path / HISTORY_FILE).read_text(encoding="utf-8").splitlines()
            for line in lines:
                table = json.loads(line)
                reports.append(EpochReport(**{k: v for k, v in table.items() if k in known}))
        except (OSError, ValueError, TypeError, AttributeError):
            pass
        return reports

    def best(self) -> EpochReport | None:
        """The last epoch that was the best when it ended."""
        return next((report for report in reversed(self.history()) if report.is_best), None)

    def replay_epochs(self) -> list[int]:
        """Epochs of which there is a frame, ascending; 0 is the network before training."""
        names = (path.stem for path in (self.path / REPLAY_FOLDER).glob("epoch_*.npz"))
        return sorted(int(name[6:]) for name in names if name[6:].isdigit())

    def replay_path(self, epoch: int) -> Path:
        return self.path / REPLAY_FOLDER / f"epoch_{epoch:05d}.npz"

    def replay_frame(self, epoch: int) -> ReplayFrame:
        """The frame after ``epoch``; ``DataError`` if it is missing or damaged."""
        with _npz(self.replay_path(epoch)) as arrays:
            return ReplayFrame(int(arrays["epoch"]), int(arrays["step"]), arrays["mask"])

    def write_replay_frame(self, frame: ReplayFrame) -> Path:
        path = self.replay_path(frame.epoch)
        with whole_file(path) as temporary, open(temporary, "wb") as file:
            np.savez_compressed(file, mask=frame.mask, epoch=frame.epoch, step=frame.step)
        return path

    def pinned_clip(self) -> PinnedClip:
        """The pinned clip's sound; ``DataError`` if there is none or it is damaged."""
        with _npz(self.path / REPLAY_FOLDER / PINNED_FILE) as arrays:
            return PinnedClip(
                str(arrays["name"]),
                int(arrays["sample_rate"]),
                arrays["vocals"],
                arrays["accompaniment"],
            )

    def write_pinned_clip(self, clip: PinnedClip) -> None:
        path = self.path / REPLAY_FOLDER / PINNED_FILE
        with whole_file(path) as temporary, open(temporary, "wb") as file:
            np.savez(
                file,
                name=np.array(clip.name),
                sample_rate=clip.sample_rate,
                vocals=clip.vocals,
                accompaniment=clip.accompaniment,
            )


@contextlib.contextmanager
def _npz(path: Path) -> Iterator[Any]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            yield arrays
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            "“{name}” cannot be read: {reason}.",
            name=path,
            reason=getattr(error, "strerror", None) or "the file is damaged",
        ) from error


def now() -> str:
    """This moment as ISO 8601 with the local time zone."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def runs_root() -> Path:
    """Where the window keeps its trainings."""
    return user_data_path("stemscope", appauthor=False) / "runs"


def list_runs(root: Path | None = None) -> list[tuple[RunFolder, RunInfo]]:
    """The trainings in ``root`` (by default the window's), newest first; damaged ones left out."""
    found = []
    try:
        folders = sorted((root or runs_root()).iterdir())
    except OSError:
        return []
    for path in folders:
        with contextlib.suppress(DataError):
            found.append((RunFolder(path), RunFolder(path).info()))
    return sorted(found, key=lambda pair: pair[1].created, reverse=True)
