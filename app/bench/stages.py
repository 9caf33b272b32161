"""How fast each stage of a separation is, as multiples of real time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from app.torch_setup import n_threads_without_window
from core.audio import decode
from core.export import AudioFormat, ExportOptions, StemsExport, export_stems

if TYPE_CHECKING:
    from core.checkpoint import Model

SECONDS = 60
RATE = 44100
PRODUCT_SIZE = 2048
N_TRIES = 3
FORMATS: tuple[AudioFormat, ...] = ("flac", "mp3", "ogg")
"""Those that are encoded as well as decoded; WAV is what everything else is measured on."""


@dataclass
class ModelFigures:
    """Multiples of real time of each stage for one model; ``total`` is from file to files.

    Files are 16-bit WAV; ``encode`` writes both stems, and takes the voice from the song for the
    accompaniment. ``network_gflops`` counts a multiplication and an addition for each weight and
    frame; networks that share their weights over frequency do far more for each of them.
    """

    model_id: str
    decode: float
    hear: float
    network: float
    network_gflops: float
    synthesise: float
    encode: float
    total: float


def measure_model(model: Model, path: Path, folder: Path) -> ModelFigures:
    """Each stage of separating the song ``path`` with ``model``, the best of a few tries."""
    from core.chunks import Listener, cut, masks_of
    from core.separator import separate
    from core.synthesis import synthesis_stft, synthesise

    card = model.card
    decode_s = best(lambda: decode(path).audio.close())
    decoded = decode(path)
    song = decoded.audio
    listener = Listener(song, card)
    chunks = cut(listener.n_frames, card.chunk)
    heard = [listener.hear(chunk) for chunk in chunks]
    hear_s = best(lambda: [listener.hear(chunk) for chunk in chunks])
    network_s = best(lambda: masks_of(heard, model.masks))
    done = separate(song, model)
    stft = synthesis_stft(song.sample_rate, card.stft.stft(), card.sample_rate)
    synthesise_s = best(lambda: synthesise(song, done.mask, stft, 0, song.n_samples))
    options = wav_options(model, folder / card.model_id)
    encode_s = best(lambda: export_stems(song, done.stems, decoded.info, decoded.tags, options))
    total_s = best(lambda: file_to_files(model, path, options))
    seconds = song.n_samples / song.sample_rate
    n_frames = len(heard) * max(len(chunk.features) for chunk in heard)
    operations = 2 * model.n_weights * n_frames
    done.close()
    song.close()
    return ModelFigures(
        card.model_id,
        seconds / decode_s,
        seconds / hear_s,
        seconds / network_s,
        operations / network_s / 1e9,
        seconds / synthesise_s,
        seconds / encode_s,
        seconds / total_s,
    )


def wav_options(model: Model, folder: Path) -> ExportOptions:
    """All stems as 16-bit WAV into ``folder``, over what is there."""
    return _options(model, folder, "wav")


def _options(model: Model, folder: Path, audio_format: AudioFormat) -> ExportOptions:
    return ExportOptions(
        stems=model.card.sources,
        audio_format=audio_format,
        bit_depth=16,
        folder=folder,
        if_exists="overwrite",
    )


def measure_formats(model: Model, path: Path, folder: Path) -> dict[str, float]:
    """Multiples of real time from a file of each format to stems of the same, the best of a few
    tries; ``path`` is the song as WAV."""
    found = {}
    for audio_format in FORMATS:
        song = path.with_suffix(f".{audio_format}")
        seconds_of_song = _write_again(path, song)
        options = _options(model, folder / audio_format, audio_format)
        seconds = best(lambda song=song, options=options: file_to_files(model, song, options))
        found[audio_format] = seconds_of_song / seconds
    return found


def _write_again(path: Path, song: Path) -> float:
    """Write ``path`` in the format that ``song`` ends in; return its seconds."""
    with (
        soundfile.SoundFile(path) as source,
        soundfile.SoundFile(song, "w", source.samplerate, source.channels) as target,
    ):
        # In one piece a minute of Vorbis needs more stack than a thread has, and ends the program.
        for block in source.blocks(source.samplerate, dtype="int16"):
            target.write(block)
        return source.frames / source.samplerate


def file_to_files(model: Model, path: Path, options: ExportOptions) -> None:
    """As ``stemscope-cli separate`` does it: files are written while the song is separated."""
    from core.separator import Separator

    decoded = decode(path)
    separator = Separator(model, n_threads_without_window())
    separation = separator.start(decoded.audio)
    try:
        with StemsExport(
            decoded.audio, separation.stems, decoded.info, decoded.tags, options
        ) as export:
            for _ in separator.run(separation):
                export.advance(separation.samples_ready.until(0))
            export.finish()
    finally:
        separation.close()
        decoded.audio.close()


def model_lines(models: Sequence[ModelFigures], limit_gflops: float) -> list[str]:
    """The figures for people: a head and a line for each model."""
    names = ("decode", "hear", "network", "inverse", "encode", "total", "of limit")
    lines = [f"{'× real time':<12}" + "".join(f"{name:>10}" for name in names)]
    for row in models:
        cells = (row.decode, row.hear, row.network, row.synthesise, row.encode, row.total)
        share = 100 * row.network_gflops / limit_gflops
        speeds = "".join(f"{x:9.0f}×" for x in cells)
        lines.append(f"{row.model_id:<12}{speeds}{share:8.0f} %")
    return lines


def write_noise(path: Path, seconds: float) -> Path:
    """A 16-bit WAV file of stereo noise with a beat: no stage is faster or slower on music."""
    rng = np.random.default_rng(0)
    n_samples = round(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        for start in range(0, n_samples, 60 * RATE):
            t = np.arange(start, min(start + 60 * RATE, n_samples)) / RATE
            noise = rng.normal(0, 0.05, (len(t), 2))
            file.write(noise * (1 + np.sin(2 * np.pi * 2 * t))[:, None])
    return path


def product_gflops() -> float:
    """The rate of a large matrix product in float32 on one thread, in 10⁹ operations a second."""
    import torch

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    a, b = torch.randn(2, PRODUCT_SIZE, PRODUCT_SIZE).unbind(0)
    a @ b
    seconds = best(lambda: a @ b)
    torch.set_num_threads(n_threads)
    return 2 * PRODUCT_SIZE**3 / seconds / 1e9


def best(work: Callable[[], object], n_tries: int | None = None) -> float:
    """Seconds that ``work`` takes, the best of a few tries."""
    times = []
    for _ in range(n_tries or N_TRIES):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
