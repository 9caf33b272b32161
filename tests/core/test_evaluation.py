"""The paper's protocol and songs as they are, with separations whose figures are known."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio import ArrayAudio, Audio
from core.datasets import Clip, find_clips
from core.errors import AudioFileError, Cancelled, DataError
from core.estimates import EstimateFolder
from core.evaluation import MIXTURE_LEVEL_DBFS, evaluate, mix_clip, score_estimates
from core.metrics import FLOOR_DB
from core.scores import ClipScore, SourceScore, csv_text, difference, summary

RATE = 8000


def _noise(seed: int, n_samples: int, taps: tuple[float, ...]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 0.1 * np.convolve(rng.standard_normal(n_samples), taps, mode="same")


def _voice(n_samples: int = 8000, seed: int = 1) -> np.ndarray:
    return _noise(seed, n_samples, (1.0, 0.9, 0.5))


def _music(n_samples: int = 8000, seed: int = 2) -> np.ndarray:
    return _noise(seed, n_samples, (1.0, -0.9))


@pytest.fixture
def mir1k(tmp_path: Path) -> Path:
    folder = tmp_path / "mir1k"
    folder.mkdir()
    for index, n_samples in enumerate((8000, 4000)):
        pair = np.stack([0.3 * _music(n_samples, 10 + index), _voice(n_samples, 20 + index)])
        soundfile.write(folder / f"clip_{index}.wav", pair.T, RATE, subtype="FLOAT")
    return folder


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    folder = tmp_path / "pairs" / "Song"
    folder.mkdir(parents=True)
    for name, left, right in (
        ("vocals", _voice(seed=1), _voice(seed=3)),
        ("accompaniment", _music(seed=2), _music(seed=4)),
    ):
        soundfile.write(folder / f"{name}.wav", np.stack([left, right]).T, RATE, subtype="FLOAT")
    return folder.parent


def _halves(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
    """Half of the mixture for each source: an NSDR of nothing."""
    half = ArrayAudio(mixture.read(0, mixture.n_samples) / 2, mixture.sample_rate)
    return {"vocals": half, "accompaniment": half}


def _leaky(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
    """Low-passed for the voice, the rest for the accompaniment: linear, so level cancels."""
    samples = mixture.read(0, mixture.n_samples)
    low = np.stack([np.convolve(row, [0.25, 0.5, 0.25], mode="same") for row in samples])
    return {
        "vocals": ArrayAudio(low, mixture.sample_rate),
        "accompaniment": ArrayAudio(samples - low, mixture.sample_rate),
    }


def test_mixture_is_at_0_db_and_at_a_usual_level(mir1k: Path) -> None:
    heard: list[np.ndarray] = []

    def listen(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
        heard.append(mixture.read(0, mixture.n_samples))
        return _halves(clip, mixture)

    result = evaluate(find_clips(mir1k, "mir1k"), listen)
    assert result.protocol == "paper"
    for mixture in heard:
        assert mixture.shape[0] == 1
        level_dbfs = 10 * np.log10(np.mean(np.square(mixture, dtype=np.float64)))
        assert level_dbfs == pytest.approx(MIXTURE_LEVEL_DBFS, abs=0.01)
    for clip in result.clips:
        for score in clip.scores.values():
            assert score.nsdr_db == pytest.approx(0.0, abs=1e-6)
            assert score.sdr_db == pytest.approx(0.0, abs=1.5)


def test_means_are_weighted_by_length(mir1k: Path) -> None:
    result = evaluate(find_clips(mir1k, "mir1k"), _leaky)
    long, short = (clip.scores["vocals"].nsdr_db for clip in result.clips)
    assert [clip.duration_s for clip in result.clips] == [1.0, 0.5]
    assert long > 0.5
    assert result.means["vocals"].gnsdr_db == pytest.approx((2 * long + short) / 3)
    assert result.means["vocals"].plain_sdr_db is not None


@pytest.mark.parametrize("gain_db", [-20.0, 20.0])
def test_gain_is_undone_in_scoring(mir1k: Path, gain_db: float) -> None:
    clips = find_clips(mir1k, "mir1k")
    usual, moved = evaluate(clips, _leaky), evaluate(clips, _leaky, gain_db=gain_db)
    for source in ("vocals", "accompaniment"):
        a, b = usual.means[source], moved.means[source]
        assert b.gnsdr_db == pytest.approx(a.gnsdr_db, abs=1e-3)
        assert b.plain_sdr_db == pytest.approx(a.plain_sdr_db, abs=1e-3)


def test_songs_keep_channels_and_level(pairs: Path) -> None:
    heard: list[np.ndarray] = []

    def perfect(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
        heard.append(mixture.read(0, mixture.n_samples))
        voice, music = clip.load()
        return {"vocals": ArrayAudio(voice, RATE), "accompaniment": ArrayAudio(music, RATE)}

    result = evaluate(find_clips(pairs), perfect)
    assert result.protocol == "songs"
    np.testing.assert_allclose(heard[0][1], _voice(seed=3) + _music(seed=4), atol=1e-6)
    assert result.means["vocals"].gsdr_db > 80
    assert result.means["accompaniment"].plain_sdr_db == pytest.approx(140)


def test_silent_reference_is_listed_and_left_out(mir1k: Path) -> None:
    pair = np.stack([_music(), np.zeros(8000)])
    soundfile.write(mir1k / "quiet.wav", pair.T, RATE, subtype="FLOAT")
    clips = find_clips(mir1k, "mir1k")
    result = evaluate(clips, _leaky)
    assert [clip.name for clip in result.undefined] == ["quiet"]
    assert "vocals" in (result.undefined[0].reason or "")
    without = evaluate([clip for clip in clips if clip.name != "quiet"], _leaky)
    assert result.means == without.means
    table = json.loads(json.dumps(result.as_dict(), allow_nan=False))
    assert (table["n_clips"], table["n_scored"]) == (3, 2)


def test_nothing_but_silence_has_no_means(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "quiet.wav", np.zeros((800, 2)), RATE)
    result = evaluate(find_clips(tmp_path, "mir1k"), _leaky)
    assert result.means == {}
    assert len(result.undefined) == 1


def test_silent_estimate_is_floored_and_named(mir1k: Path) -> None:
    def mute(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
        silence = ArrayAudio(np.zeros((1, mixture.n_samples)), mixture.sample_rate)
        return {"vocals": silence, "accompaniment": mixture}

    result = evaluate(find_clips(mir1k, "mir1k"), mute)
    assert [clip.silent_estimates for clip in result.with_silent_estimates] == [("vocals",)] * 2
    assert result.means["vocals"].gsdr_db == FLOOR_DB


def test_clip_that_cannot_be_separated_does_not_stop_the_rest(mir1k: Path) -> None:
    def stumble(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
        if clip.name == "clip_0":
            raise AudioFileError("“{name}” is odd.", name=clip.name)
        return _leaky(clip, mixture)

    result = evaluate(find_clips(mir1k, "mir1k"), stumble)
    assert [(clip.name, clip.reason) for clip in result.undefined] == [
        ("clip_0", "“clip_0” is odd.")
    ]
    assert len(result.means) == 2


def test_progress_and_stop(mir1k: Path) -> None:
    fractions: list[float] = []
    stop = threading.Event()

    def note(fraction: float) -> None:
        fractions.append(fraction)
        stop.set()

    clips = find_clips(mir1k, "mir1k")
    with pytest.raises(Cancelled):
        evaluate(clips, _leaky, progress=note, should_stop=stop.is_set)
    assert fractions == [0.5]


def test_estimates_in_folders_and_by_name(mir1k: Path, tmp_path: Path) -> None:
    estimates = tmp_path / "estimates"
    for clip in find_clips(mir1k, "mir1k"):
        for source, samples in zip(("vocals", "accompaniment"), clip.load(), strict=True):
            path = estimates / clip.name / f"{source}.wav"
            if clip.name == "clip_1":
                path = estimates / f"{clip.name}_{source}.flac"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples[0, :-7], RATE)
    clips = find_clips(mir1k, "mir1k")
    result = evaluate(clips, EstimateFolder(estimates), free_level=True)
    assert result.undefined == []
    assert result.means["vocals"].gsdr_db > 50
    assert result.means["vocals"].plain_sdr_db is None
    (estimates / "clip_0" / "vocals.wav").unlink()
    result = evaluate(clips, EstimateFolder(estimates))
    assert "clip_0" in (result.undefined[0].reason or "")
    with pytest.raises(DataError, match="no folder"):
        EstimateFolder(tmp_path / "absent")


def test_published_estimates(data_dir: Path) -> None:
    clips = find_clips(data_dir / "mir1k" / "dev")
    result = evaluate(clips, EstimateFolder(data_dir / "mir1k" / "published"), free_level=True)
    found = {clip.name: clip.scores["vocals"].nsdr_db for clip in result.clips}
    wanted = {"abjones_5_08": 8.23, "abjones_5_09": 9.21, "amy_9_08": 11.56, "amy_9_09": 10.28}
    assert found == pytest.approx(wanted, abs=0.05)


def test_scoring_gives_way_after_every_channel(pairs: Path) -> None:
    clip = find_clips(pairs)[0]
    mixed = mix_clip(clip, "songs")
    steps = score_estimates(mixed, _leaky(clip, mixed.mixture()))
    assert [next(steps), next(steps)] == [0.5, 1.0]
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == evaluate([clip], _leaky).clips[0]


def _scored(name: str, nsdr_db: float, length_s: float = 1.0) -> ClipScore:
    score = SourceScore(nsdr_db + 1, 20.0, 10.0, nsdr_db, None)
    return ClipScore(name, length_s, {"vocals": score, "accompaniment": score})


def _undefined(name: str) -> ClipScore:
    problem = DataError("the reference of vocals is silent")
    return ClipScore.without_figures(name, 1.0, problem, failed=False)


def test_intervals_are_over_singers_where_there_are_enough() -> None:
    clips = [_scored(f"{who}_1_0{n}", 5.0 + n, 1.0 + n) for who in "abcdef" for n in range(4)]
    unit, intervals = summary([*clips, _undefined("g_1_01")], "paper").intervals("mir1k")
    assert unit == "singers"
    interval = intervals["vocals"]["gnsdr_db"]
    assert interval is not None
    assert interval.n_groups == 6
    # every singer has the same mean, so another draw of singers has it, too
    assert interval.low == pytest.approx(interval.high) == pytest.approx(7.0)
    assert intervals["vocals"]["plain_sdr_db"] is None


def test_difference_is_paired_and_weighted() -> None:
    first = [_scored("a", 5.0, 1.0), _scored("b", 9.0, 3.0), _scored("c", 1.0)]
    other = [_scored("b", 10.0, 3.0), _scored("a", 4.0, 1.0), _undefined("c")]
    found = difference(other, first, "vocals", "nsdr_db", "pairs")
    assert found is not None
    assert found.mean_db == pytest.approx((3 * 1.0 - 1.0) / 4)
    assert found.n_clips == 2
    assert found.interval is not None
    assert -1.0 <= found.interval.low <= found.mean_db <= found.interval.high <= 1.0
    assert difference(other, first, "vocals", "plain_sdr_db", "pairs") is None


def test_table_of_figures() -> None:
    text = csv_text({"Paper, mine": [_scored("a", 5.0), _undefined("b")]})
    rows = text.splitlines()
    assert rows[1] == '"Paper, mine",a,1.000,vocals,6.0000,20.0000,10.0000,5.0000,,'
    assert rows[3].endswith(",,,,,the reference of vocals is silent")
    assert len(rows) == 5
