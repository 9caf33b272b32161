"""The command ``bench``: how fast this machine separates, as multiples of real time, and trains.

Absolute times say little on a busy machine, so every figure stands beside a reference measured in
the same run: the rate of a large matrix product on one thread, which bounds what a dense network
can reach.
"""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.bench_training import TrainingFigures, measure_training, training_lines
from app.torch_setup import n_threads_without_window, prepare_torch
from core.audio import ArrayAudio, decode
from core.errors import UsageError
from core.export import ExportOptions, StemsExport, export_stems
from core.models import list_models
from core.whole_file import write_json

if TYPE_CHECKING:
    from core.checkpoint import Model

SECONDS = 60
RATE = 44100
PRODUCT_SIZE = 2048
N_TRIES = 3


@dataclass
class ModelFigures:
    """Multiples of real time of each stage for one model; total is from file to files."""

    model_id: str
    hear: float
    network: float
    network_gflops: float
    synthesise: float
    total: float


@dataclass
class Figures:
    """What one run measured."""

    machine: str
    n_threads: int
    product_gflops: float
    decode: float
    encode: float
    models: list[ModelFigures] = field(default_factory=list)
    training: TrainingFigures | None = None
    peak_memory_mb: float | None = None


def run_bench(json_file: Path | None, gui: bool = False, song: Path | None = None) -> int:
    """Measure, print a table, and write ``json_file`` if asked.

    With ``gui`` it is the window that is measured, with ``song`` or else a long demo song.
    """
    if gui:
        from app.bench_gui import run_gui_bench

        return run_gui_bench(json_file, song)
    if song is not None:
        raise UsageError("--song is for --gui; stages are measured on noise.")
    figures = measure()
    print(table(figures))
    if json_file is not None:
        write_json(json_file, asdict(figures))
    return 0


def measure() -> Figures:
    """Each stage on a minute of stereo, the best of a few tries."""
    prepare_torch()  # the threads that models are given, told with the figures
    import torch

    entries = list_models()
    if not entries:
        raise UsageError("There is no model to measure. Install Stemscope again.")
    song = _song()
    with tempfile.TemporaryDirectory(prefix="stemscope-bench-") as name:
        folder = Path(name)
        options = ExportOptions(
            stems=("song",), audio_format="wav", bit_depth=16, folder=folder, if_exists="overwrite"
        )
        encode_s = _best(lambda: export_stems(song, {"song": song}, None, None, options))
        path = next(folder.rglob("*.wav"))
        figures = Figures(
            f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
            torch.get_num_threads(),
            _product_gflops(),
            SECONDS / _best(lambda: decode(path).audio.close()),
            SECONDS / encode_s,
        )
        from app.cli_separate import load

        for entry in entries:
            figures.models.append(_measure_model(load(entry.folder, "cpu"), path, folder))
    figures.training = measure_training(_product_gflops)
    figures.peak_memory_mb = peak_memory_mb()
    return figures


def _measure_model(model: Model, path: Path, folder: Path) -> ModelFigures:
    from core.chunks import Listener, cut, masks_of
    from core.separator import Separator, separate
    from core.synthesis import synthesis_stft, synthesise

    card = model.card
    song = decode(path).audio
    listener = Listener(song, card)
    chunks = cut(listener.n_frames, card.chunk)
    heard = [listener.hear(chunk) for chunk in chunks]
    hear_s = _best(lambda: [listener.hear(chunk) for chunk in chunks])
    network_s = _best(lambda: masks_of(heard, model.masks))
    done = separate(song, model)
    stft = synthesis_stft(song.sample_rate, card.stft.stft(), card.sample_rate)
    synthesise_s = _best(lambda: synthesise(song, done.mask, stft, 0, song.n_samples))
    options = ExportOptions(
        stems=card.sources,
        audio_format="wav",
        bit_depth=16,
        folder=folder / card.model_id,
        if_exists="overwrite",
    )

    def file_to_files() -> None:
        """As ``stemscope-cli separate`` does it: files are written while the song is separated."""
        decoded = decode(path)
        separator = Separator(model, n_threads_without_window())
        separation = separator.start(decoded.audio)
        with StemsExport(
            decoded.audio, separation.stems, decoded.info, decoded.tags, options
        ) as export:
            for _ in separator.run(separation):
                export.advance(separation.samples_ready.until(0))
            export.finish()
        separation.close()
        decoded.audio.close()

    total_s = _best(file_to_files)
    n_frames = len(heard) * max(len(chunk.features) for chunk in heard)
    operations = 2 * model.n_weights * n_frames
    done.close()
    song.close()
    return ModelFigures(
        card.model_id,
        SECONDS / hear_s,
        SECONDS / network_s,
        operations / network_s / 1e9,
        SECONDS / synthesise_s,
        SECONDS / total_s,
    )


def table(figures: Figures) -> str:
    """The figures for people."""
    lines = [
        f"{figures.machine}, {figures.n_threads} threads; one minute of stereo at 44.1 kHz, CPU",
        f"Matrix product {PRODUCT_SIZE}³ in float32 (reference): "
        f"{figures.product_gflops:.0f} GFLOP/s",
        f"Multiples of real time: decode {figures.decode:.0f}, encode {figures.encode:.0f}",
        f"{'model':<12}{'hear':>10}{'network':>10}{'inverse':>10}{'total':>10}{'of limit':>10}",
    ]
    for row in figures.models:
        share = 100 * row.network_gflops / figures.product_gflops
        cells = (row.hear, row.network, row.synthesise, row.total)
        lines.append(
            f"{row.model_id:<12}" + "".join(f"{x:9.0f}×" for x in cells) + f"{share:8.0f} %"
        )
    if figures.training is not None:
        lines += training_lines(figures.training)
    if figures.peak_memory_mb is not None:
        lines.append(f"Peak memory {figures.peak_memory_mb:.0f} MB")
    return "\n".join(lines)


def peak_memory_mb() -> float | None:
    """The most memory this process has held so far; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)


def _song() -> ArrayAudio:
    """Noise with a beat: no stage is faster or slower on music."""
    rng = np.random.default_rng(0)
    t = np.arange(SECONDS * RATE) / RATE
    noise = rng.normal(0, 0.05, (2, len(t)))
    return ArrayAudio(noise * (1 + np.sin(2 * np.pi * 2 * t)), RATE)


def _product_gflops() -> float:
    import torch

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    a, b = torch.randn(2, PRODUCT_SIZE, PRODUCT_SIZE).unbind(0)
    a @ b
    seconds = _best(lambda: a @ b)
    torch.set_num_threads(n_threads)
    return 2 * PRODUCT_SIZE**3 / seconds / 1e9


def _best(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes, the best of a few tries."""
    times = []
    for _ in range(N_TRIES):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
