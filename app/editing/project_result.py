"""A song's result out of a project: its mask is known, and its stems follow from it."""

from __future__ import annotations

from collections.abc import Callable

from app.song import SongResult, editable_stems
from core.audio import Audio, ScratchAudio
from core.errors import Cancelled, DataError
from core.project import Project
from core.ranges import Ranges
from core.stft import Stft
from core.synthesis import synthesis_stft, synthesise

SPAN_S = 10


def project_result(
    project: Project,
    mixture: Audio,
    scratch_dir: str | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SongResult:
    """The finished result of ``project`` for ``mixture``; takes a second for a song of minutes.

    ``DataError`` if the song is another than the project's, ``Cancelled`` if asked to stop.
    """
    source, mask = project.source, project.mask
    found = mixture.n_samples, mixture.sample_rate, mixture.n_channels
    if found != (source.n_samples, source.sample_rate, source.n_channels):
        raise DataError(
            "“{name}” is not the song of the project: its length, rate or channels differ. Choose "
            "the song that was separated.",
            name=source.name,
        )
    model = Stft(mask.window_samples, mask.hop_samples, mask.window)
    stft = synthesis_stft(mixture.sample_rate, model, mask.sample_rate)
    scratches: list[ScratchAudio] = []
    try:
        for number in range(len(project.sources) - 1):
            scratch = ScratchAudio(
                mixture.n_channels, mixture.sample_rate, mixture.n_samples, scratch_dir
            )
            scratches.append(scratch)
            step = SPAN_S * mixture.sample_rate
            for start in range(0, mixture.n_samples, step):
                if should_stop is not None and should_stop():
                    raise Cancelled
                stop = min(start + step, mixture.n_samples)
                scratch.write(start, synthesise(mixture, mask, stft, start, stop, number))
    except BaseException:
        for scratch in scratches:
            scratch.close()
        raise
    return SongResult(
        project.model.model_id,
        project.sources,
        mask,
        editable_stems(mixture, project.sources, scratches, scratch_dir),
        Ranges([(0, mixture.n_samples)]),
        Ranges([(0, mask.n_frames)]),
        complete=True,
    )
