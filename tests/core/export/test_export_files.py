"""Names, tags, existing files and wrong choices."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from core.audio import Tags, decode
from core.errors import OutputError, UsageError
from core.export import ExportOptions, export_stems, planned_files

BOTH = ("vocals", "accompaniment")
COVER = b"\x89PNG\r\n" + bytes(70_000)
TAGS = Tags("夜曲: Live / 2", "AC/DC", "Album.", "Pop", "2005", "3/12", COVER, "image/png")


@pytest.mark.parametrize("audio_format", ["wav", "flac", "mp3", "ogg"])
def test_tags_and_cover_are_carried_over(tmp_path, make_song, audio_format) -> None:
    mixture, stems = make_song(16, 30_000)
    options = ExportOptions(BOTH, audio_format, 16, tmp_path, balance={})
    report = export_stems(mixture, stems, None, TAGS, options)
    for path in report.files:
        song = decode(path)
        assert song.tags == TAGS
        assert song.info.n_samples == 30_000


def test_float_wav_with_tags_reads_back(tmp_path, make_song) -> None:
    mixture, stems = make_song(None, 30_000)
    options = ExportOptions(BOTH, "wav", "float", tmp_path)
    report = export_stems(mixture, stems, None, TAGS, options)
    assert decode(report.files[0]).info.is_float
    assert soundfile.read(report.files[0])[0].shape == (30_000, 2)


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{song}/{stem}", ["My song.v2/vocals.flac", "My song.v2/accompaniment.flac"]),
        ("{artist} - {title} ({stem})", [
            "AC-DC - 夜曲- Live - 2 (vocals).flac",
            "AC-DC - 夜曲- Live - 2 (accompaniment).flac",
        ]),
        ("{model}/../{stem}", ["paper/untitled/vocals.flac", "paper/untitled/accompaniment.flac"]),
        ("/{stem}", ["vocals.flac", "accompaniment.flac"]),
    ],
)  # fmt: skip
def test_name_templates(tmp_path, make_song, template, names) -> None:
    source = tmp_path / "My song.v2.wav"
    soundfile.write(source, np.zeros((10, 2)), 44100)
    info = decode(source).info
    mixture, stems = make_song(16, 10)
    options = ExportOptions(BOTH, "flac", 16, tmp_path / "out", template, model="paper")
    report = export_stems(mixture, stems, info, TAGS, options)
    assert [p.relative_to(tmp_path / "out").as_posix() for p in report.files] == names
    assert all(path.is_file() for path in report.files)
    assert planned_files(info, TAGS, options) == report.files


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{song}", "two stems"),
        ("{nonsense}/{stem}", "no field “nonsense”"),
        ("{stem", "brace"),
        ("{stem!r}", "no field"),
        ("{0}", "no field"),
        ("/", "empty"),
    ],
)
def test_bad_templates(tmp_path, make_song, template, words) -> None:
    mixture, stems = make_song(16, 10)
    options = ExportOptions(BOTH, "wav", 16, tmp_path / "out", template)
    with pytest.raises(UsageError, match=words):
        export_stems(mixture, stems, None, None, options)
    assert not (tmp_path / "out").exists()


def run(make_song, folder, if_exists, stems=BOTH, peak=0.9):
    mixture, parts = make_song(16, 1000, peak=peak)
    options = ExportOptions(stems, "wav", 16, folder, "{stem}", if_exists=if_exists)
    return export_stems(mixture, parts, None, None, options)


def test_existing_files(tmp_path, make_song) -> None:
    run(make_song, tmp_path, "error", ("vocals",))
    before = (tmp_path / "vocals.wav").read_bytes()
    with pytest.raises(OutputError, match=r"“vocals.wav” is already in"):
        run(make_song, tmp_path, "error", peak=0.5)
    assert [p.name for p in tmp_path.iterdir()] == ["vocals.wav"]

    report = run(make_song, tmp_path, "skip", peak=0.5)
    assert [p.name for p in report.files] == ["accompaniment.wav"]
    assert [p.name for p in report.skipped] == ["vocals.wav"]
    assert "kept" in report.sentence
    assert (tmp_path / "vocals.wav").read_bytes() == before

    again = run(make_song, tmp_path, "skip")
    assert again.files == []
    assert "Nothing was written" in again.sentence

    renamed = run(make_song, tmp_path, "rename", peak=0.5)
    assert [p.name for p in renamed.files] == ["vocals (2).wav", "accompaniment (2).wav"]
    assert (tmp_path / "vocals.wav").read_bytes() == before

    run(make_song, tmp_path, "overwrite", peak=0.5)
    assert (tmp_path / "vocals.wav").read_bytes() != before
    assert len(list(tmp_path.iterdir())) == 4


def test_the_song_itself_is_never_replaced(tmp_path, make_song) -> None:
    source = tmp_path / "vocals.wav"
    soundfile.write(source, np.zeros((10, 2)), 44100)
    mixture, stems = make_song(16, 10)
    options = ExportOptions(BOTH, "wav", 16, tmp_path, "{stem}", if_exists="overwrite")
    with pytest.raises(OutputError, match="the song itself"):
        export_stems(mixture, stems, decode(source).info, None, options)


def test_files_have_ordinary_permissions(tmp_path, make_song) -> None:
    report = run(make_song, tmp_path / "deep" / "er", "error")
    plain = tmp_path / "plain"
    plain.touch()
    assert report.files[0].stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"audio_format": "aiff"}, "“aiff” is not a format"),
        ({"bit_depth": 12}, "“12” is not a bit depth"),
        ({"audio_format": "flac", "bit_depth": "float"}, "FLAC holds 16 or 24"),
        ({"stems": ("drums",)}, "no stem “drums”"),
        ({"stems": ()}, "Nothing is chosen"),
        ({"balance": {"drums": 0.0}}, "“drums” to balance"),
    ],
)
def test_wrong_choices(tmp_path, make_song, changes, words) -> None:
    mixture, stems = make_song(16, 10)
    values = {"stems": BOTH, "audio_format": "wav", "bit_depth": 16, "folder": tmp_path, **changes}
    with pytest.raises(UsageError, match=words):
        export_stems(mixture, stems, None, None, ExportOptions(**values))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("rate", "n_channels", "words"), [(96000, 2, "96000 Hz"), (44100, 6, "6")])
def test_mp3_has_limits(tmp_path, make_song, rate, n_channels, words) -> None:
    mixture, stems = make_song(16, 10, n_channels, rate)
    with pytest.raises(UsageError, match=f"MP3 .*{words}.*Choose FLAC"):
        export_stems(mixture, stems, None, None, ExportOptions(BOTH, "mp3", 16, tmp_path))


def test_stems_of_another_length_are_a_mistake_of_the_caller(tmp_path, make_song) -> None:
    mixture, _ = make_song(16, 10)
    _, stems = make_song(16, 11)
    with pytest.raises(ValueError, match="differ"):
        export_stems(mixture, stems, None, None, ExportOptions(BOTH, "wav", 16, tmp_path))
