"""Masks leave the program and come back, as NPZ files that NumPy reads too.

Pictures are written in ``core.mask_png``, what a selection leaves as in ``core.selection_files``.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import Cancelled, DataError, OutputError
from core.mask_about import (
    MAX_TEXT_BYTES,
    About,
    MaskFacts,
    about_table,
    as_text,
    damaged,
    read_about,
    write_beside,
)
from core.mask_png import write_png
from core.masks import BAND_EDGE, HalfArray, Mask
from core.npy_stream import PIECE, ArrayMember, member_text, opened, write_array
from core.scratch_array import let_go
from core.selection_files import write_csv, write_pair
from core.stft import Stft
from core.whole_file import whole_file

__all__ = [
    "MaskFacts",
    "read_facts",
    "read_npz",
    "write_csv",
    "write_npz",
    "write_pair",
    "write_png",
]

MAX_CELLS = 1 << 30
"""The most cells of a file that is read without a mask that it must fit: hours of stereo."""

_ABOUT, _VALUES, _ABOVE = "about.json", "values.npy", "above.npy"


def write_npz(
    path: Path,
    mask: Mask,
    facts: MaskFacts,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Write ``values`` and ``above`` as float16, and a table about them inside and beside it.

    The table lies in ``about.json`` in the archive, and for ``NAME.npz`` in ``NAME.json``. The
    file is replaced if it is there. Raises ``OutputError``, or ``Cancelled`` with nothing written.
    """

    def written(share: float) -> None:
        if should_stop is not None and should_stop():
            raise Cancelled
        if progress is not None:
            progress(share)

    with whole_file(path) as temporary:
        # Higher levels save less than a hundredth: the last bits of a mask are noise.
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            hashes = {
                "values": write_array(archive, _VALUES, mask.values, written),
                "above": write_array(archive, _ABOVE, mask.above),
            }
            table = about_table(mask, facts, hashes)
            with archive.open(_ABOUT, "w") as stream:
                stream.write(as_text(table).encode())
        is_named = path.suffix.lower() == ".npz"
        beside = path.with_suffix(".json") if is_named else path.with_name(f"{path.name}.json")
        write_beside(beside, table)


def read_facts(path: Path) -> MaskFacts | None:
    """Where the mask at ``path`` comes from; None if it was not saved by Stemscope."""
    with opened(path) as archive:
        about = _about(archive, path.name)
    return about.facts if about is not None else None


def read_npz(path: Path, like: Mask | None = None, scratch_dir: str | None = None) -> Mask:
    """The mask that ``write_npz`` wrote, or NumPy with ``values`` (and ``above``) alone.

    Such ``values`` are of 16, 32 or 64 bits, shaped as a mask's or ``(n_bins, n_frames)``, and need
    ``like``: the mask that the file must fit. With it the result has the frames and channels of
    ``like``, where the file may have a frame more or less, or a single channel. Where ``above`` is
    missing it is the mean over the top octave. A mask too large for memory lies in ``scratch_dir``.
    Raises ``DataError`` that names the file, ``OutputError`` if there is no room.
    """
    name = path.name
    with opened(path) as archive:
        about = _about(archive, name)
        values = _array(archive, name, _VALUES, None if about is None else about.values_shape)
        above = None
        if about is not None or _ABOVE in archive.namelist():
            above = _array(archive, name, _ABOVE, None if about is None else about.above_shape)
        shape = _full_shape(values, above, name)
        if like is not None:
            _check_fit(name, shape, about, like)
            mask = _empty(like.values.shape, _grid(like), like.sample_rate, scratch_dir)
        elif about is not None:
            if values.n_numbers > MAX_CELLS:
                raise DataError(
                    "The mask “{name}” is larger than that of any song. Open the song that it was "
                    "made for first.",
                    name=name,
                )
            mask = _empty(shape, about.stft, about.sample_rate, scratch_dir)
        else:
            raise DataError(
                "“{name}” does not say to which times and frequencies it belongs. Open the song "
                "that it was made for first.",
                name=name,
            )
        hashes = {"values": _fill(values, mask.values, shape, name)}
        if above is not None:
            flat = (*shape[:2], 1, shape[3])
            hashes["above"] = _fill(above, mask.above[:, :, None], flat, name)
        else:
            _extend_above(mask)
        if about is not None and hashes != about.hashes:
            raise _changed(name)
    return mask


def _changed(name: str) -> DataError:
    return DataError(
        "The mask “{name}” was changed after it was saved. Save its values alone, without "
        "{about}, if the change was meant.",
        name=name,
        about=_ABOUT,
    )


def _about(archive: zipfile.ZipFile, name: str) -> About | None:
    """What the file says about itself; None if that is nothing."""
    if _ABOUT not in archive.namelist():
        return None
    return read_about(member_text(archive, _ABOUT, MAX_TEXT_BYTES), name)


def _array(
    archive: zipfile.ZipFile, file: str, name: str, shape: tuple[int, ...] | None
) -> ArrayMember:
    """An array of whole size; with ``shape``, as ``write_npz`` wrote it."""
    if name not in archive.namelist():
        raise DataError(
            "“{name}” holds no array “{array}”. Save the mask under that name.",
            name=file,
            array=Path(name).stem,
        )
    member = ArrayMember(archive, name)
    if not member.is_float:
        raise DataError(
            "“{name}” holds numbers of the kind {kind}. Save the mask as float16.",
            name=file,
            kind=member.kind,
        )
    member.check_size()
    as_written = ("<f2", True, shape)
    if shape is not None and (member.kind, member.is_by_frame, member.shape) != as_written:
        raise _changed(file)
    return member


def _full_shape(values: ArrayMember, above: ArrayMember | None, name: str) -> tuple[int, ...]:
    """``(n_sources - 1, n_channels, n_bins, n_frames)`` of what may be ``(n_bins, n_frames)``."""
    shape = values.shape if len(values.shape) != 2 else (1, 1, *values.shape)
    if len(shape) != 4 or 0 in shape:
        raise DataError(
            "The values of “{name}” have the shape {shape}. They should have two axes, for bins "
            "and frames, or four, for sources, channels, bins and frames.",
            name=name,
            shape=" × ".join(map(str, values.shape)),
        )
    if above is not None and above.n_numbers * shape[2] != values.n_numbers:
        raise damaged(name)
    return shape


def _check_fit(name: str, shape: tuple[int, ...], about: About | None, like: Mask) -> None:
    """``DataError`` unless a mask of ``shape`` may stand where ``like`` stands."""
    if about is not None and (about.stft, about.sample_rate) != (_grid(like), like.sample_rate):
        raise DataError(
            "“{name}” lies on another grid, {found}, than the mask of this song, {expected}. "
            "Separate the song with the model “{model}”, then open it again.",
            name=name,
            found=_grid_text(about.stft, about.sample_rate),
            expected=_grid_text(_grid(like), like.sample_rate),
            model=about.facts.model_title,
        )
    expected = like.values.shape
    if shape[0] != expected[0]:
        raise DataError(
            "“{name}” holds the masks of {found} sources; here there are {expected}. Choose a mask "
            "that was made by the same model.",
            name=name,
            found=shape[0] + 1,
            expected=expected[0] + 1,
        )
    if shape[1] not in (1, expected[1]):
        raise DataError(
            "“{name}” has {found} channels, the mask of this song {expected}. Save one channel "
            "for all of them.",
            name=name,
            found=shape[1],
            expected=expected[1],
        )
    if shape[2] != expected[2]:
        raise DataError(
            "“{name}” has {found} frequency bins, the mask of this song {expected}. Choose a mask "
            "that was made by the same model.",
            name=name,
            found=shape[2],
            expected=expected[2],
        )
    if abs(shape[3] - expected[3]) > 1:
        raise DataError(
            "“{name}” has {found} frames, the mask of this song {expected}. It belongs to another "
            "song; open that one first.",
            name=name,
            found=shape[3],
            expected=expected[3],
        )


def _grid(mask: Mask) -> Stft:
    return Stft(mask.window_samples, mask.hop_samples, mask.window)


def _grid_text(stft: Stft, sample_rate: int) -> str:
    """In a notation that needs no translation: "16000 Hz, 1024 / 512, sine"."""
    return f"{sample_rate} Hz, {stft.window_samples} / {stft.hop_samples}, {stft.window}"


def _empty(shape: tuple[int, ...], stft: Stft, rate: int, scratch_dir: str | None) -> Mask:
    try:
        return Mask.empty(
            shape[0] + 1,
            shape[3],
            rate,
            stft.hop_samples,
            stft.window_samples,
            shape[1],
            scratch_dir,
            stft.window,
        )
    except OSError as error:
        raise OutputError(
            "There is no room for a mask of {megabytes} MB: {reason}. Free some space on the disk.",
            megabytes=2 * math.prod(shape) >> 20,
            reason=error.strerror or error,
        ) from error


def _fill(member: ArrayMember, target: HalfArray, shape: tuple[int, ...], name: str) -> str:
    """Read all of ``member``, of ``shape``, into ``target``, piece by piece; its SHA-256.

    ``target`` may have a frame more, which repeats the last, or less, and more channels.
    """
    n_frames = shape[-1]
    n_kept = min(n_frames, target.shape[-1])
    if member.is_by_frame:
        per_frame = math.prod(shape[:-1])
        step = max(1, PIECE // per_frame)
        for first in range(0, n_frames, step):
            n_read = min(step, n_frames - first)
            piece = _checked(member.read(n_read * per_frame), name)
            piece = piece.reshape(n_read, *shape[-2::-1]).T
            target[..., first : first + n_read] = piece[..., : max(0, n_kept - first)]
            let_go(target)
    else:
        n_bins = shape[2]
        step = max(1, PIECE // n_frames)
        for source, channel in np.ndindex(*shape[:2]):
            planes = target[source, channel : channel + 1 if shape[1] > 1 else None]
            for first in range(0, n_bins, step):
                n_read = min(step, n_bins - first)
                piece = _checked(member.read(n_read * n_frames), name).reshape(n_read, n_frames)
                planes[:, first : first + n_read, :n_kept] = piece[:, :n_kept]
            let_go(target)
    member.close()
    target[..., n_kept:] = target[..., n_kept - 1 : n_kept]
    return member.sha256()


def _checked(piece: NDArray[np.floating], name: str) -> NDArray[np.floating]:
    inside = (piece >= 0) & (piece <= 1)
    if not inside.all():
        raise DataError(
            "“{name}” holds the value {value}; a mask lies between 0 and 1. Clip it and save it "
            "again.",
            name=name,
            value=f"{piece[~inside][0]:g}",
        )
    return piece


def _extend_above(mask: Mask) -> None:
    """What lies above the bins follows the top octave, whose last part is faded out."""
    top = mask.n_bins - 1
    octave = slice(top // 2, int(BAND_EDGE * top) + 1)
    step = max(1, PIECE // mask.values[..., :1].size)
    for first in range(0, mask.n_frames, step):
        part = mask.values[:, :, octave, first : first + step]
        mask.above[..., first : first + step] = part.mean(axis=2, dtype=np.float32)
        let_go(mask.values)
