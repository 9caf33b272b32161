"""Small projects with a song each, and archives that are made by hand."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.editing import Action, Edit, MaskShape, MaskState, Outside, Patch, Rectangle
from core.masks import Mask
from core.project import ModelFacts, Project, describe_source, write_project

RATE, HOP, WINDOW = 8000, 64, 128


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power cut is tested, and a busy disk takes long for each file."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(scope="session")
def make_mask() -> Callable[..., Mask]:
    """A mask of 65 bins and frames of 8 ms; some of its values are 0, minus 0 and 1."""

    def make(n_frames: int = 150, n_channels: int = 2, n_sources: int = 2) -> Mask:
        mask = Mask.empty(n_sources, n_frames, RATE, HOP, WINDOW, n_channels, window="hann")
        rng = np.random.default_rng(n_frames)
        mask.values[:] = np.clip(rng.normal(0.5, 0.4, mask.values.shape), 0, 1)
        mask.above[:] = np.clip(rng.normal(0.5, 0.4, mask.above.shape), 0, 1)
        mask.values[0, 0, 0, 0] = -0.0
        return mask

    return make


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Not sound, but nobody listens."""
    path = tmp_path / "music" / "Ein Lied – 歌: 1.wav"
    path.parent.mkdir()
    path.write_bytes(np.random.default_rng(0).bytes(3000))
    return path


@pytest.fixture
def project(song: Path, make_mask: Callable[..., Mask]) -> Project:
    return project_of(song, make_mask())


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path, Mask], Project]:
    return project_of


def project_of(song: Path, mask: Mask) -> Project:
    """A project of ``song``, which is said to be as long as ``mask``."""
    patch = Patch.of(np.full((1, 3, 4), 0.3, np.float16), 2, 5, np.full((1, 4), 0.1, np.float16))
    edits = (
        Edit(Rectangle(-np.inf, 1 / 3, 100.0, np.inf), Action.GAIN, -1 / 7, edit_id=1),
        Edit(
            Outside(Rectangle(0.1, 0.2, 0.0, 900.0)),
            Action.PASTE,
            name="歌",
            edit_id=2,
            patch=patch,
        ),
    )
    source = describe_source(
        song, n_samples=(mask.n_frames - 1) * HOP * 2, sample_rate=2 * RATE, n_channels=2, track=1
    )
    return Project(
        source=source,
        model=ModelFacts("u-net", "U-Net", "ab" * 32, {"sources": ["a"], "figures": {"sdr": 6.1}}),
        sources=("vocals", "accompaniment", "drums")[: len(mask.values) + 1],
        mask=mask,
        state=MaskState(MaskShape(1.3, 0.7, -17.3), edits),
        view={"zoom": 0.1, "rows": [1, None, True, "mel"]},
        mixer={"vocals": {"gain_db": -3.5, "muted": False}},
        loop_s=(0.1, 1 / 3),
        position_s=0.7,
    )


@pytest.fixture
def saved(project: Project, tmp_path: Path) -> Path:
    """A project without its song."""
    path = tmp_path / "saved" / "song.stemscope"
    write_project(path, project)
    return path


@pytest.fixture
def packed(project: Project, song: Path, tmp_path: Path) -> Path:
    """A project with its song in it."""
    path = tmp_path / "packed" / "song.stemscope"
    write_project(path, project, pack_from=song)
    return path


class ByHand:
    """Archives as an attacker would make them: sound in themselves but for what is wrong."""

    @staticmethod
    def entries(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {info.filename: archive.read(info) for info in archive.infolist()}

    @staticmethod
    def archive(path: Path, entries: dict[str, bytes]) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in entries.items():
                archive.writestr(name, data)
        return path

    @classmethod
    def document(cls, path: Path) -> Any:
        return json.loads(cls.entries(path)["project.json"])

    @classmethod
    def with_text(cls, path: Path, text: str) -> Path:
        return cls.archive(path, cls.entries(path) | {"project.json": text.encode()})

    @classmethod
    def with_document(cls, path: Path, document: object) -> Path:
        """Another text, which may say what JSON cannot."""
        return cls.with_text(path, json.dumps(document))

    @classmethod
    def with_array(cls, path: Path, entry: str, data: bytes) -> Path:
        """Another array, whose checksum is right."""
        document = cls.document(path)
        document["mask"]["arrays"][entry]["sha256"] = hashlib.sha256(data).hexdigest()
        cls.with_document(path, document)
        return cls.archive(path, cls.entries(path) | {entry: data})


@pytest.fixture(scope="session")
def by_hand() -> type[ByHand]:
    return ByHand
