"""The command line from end to end with a small untrained model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.cli import run

RATE = 16000


@pytest.fixture(autouse=True)
def _own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def _song(path: Path, seconds: float = 1.0, subtype: str = "PCM_16", seed: int = 1) -> Path:
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = rng.uniform(-0.3, 0.3, (round(seconds * RATE), 2))
    soundfile.write(path, samples, RATE, subtype=subtype)
    return path


def _separate(tiny_model_folder: Path, *arguments: object) -> int:
    return run(["separate", "--model", str(tiny_model_folder), *map(str, arguments)])


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_stems_have_the_songs_shape_and_sum_to_it(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    song = _song(tmp_path / "A song.wav")
    out = tmp_path / "out"
    assert _separate(tiny_model_folder, song, "-o", out, "--figure") == 0
    assert _files(out) == [
        "A song/accompaniment.wav",
        "A song/figure.png",
        "A song/vocals.wav",
    ]
    stems = [
        soundfile.read(out / "A song" / f"{stem}.wav", dtype="int16")[0]
        for stem in ("vocals", "accompaniment")
    ]
    np.testing.assert_array_equal(stems[0] + stems[1], soundfile.read(song, dtype="int16")[0])
    assert (out / "A song" / "figure.png").read_bytes().startswith(b"\x89PNG")
    captured = capsys.readouterr()
    assert "A song" in captured.out
    assert "Separating" in captured.err


@pytest.mark.parametrize(
    ("subtype", "options", "suffix", "found"),
    [
        ("PCM_16", [], "wav", "PCM_16"),
        ("PCM_24", [], "wav", "PCM_24"),
        ("FLOAT", [], "wav", "FLOAT"),
        ("FLOAT", ["--bit-depth", "16"], "wav", "PCM_16"),
        ("FLOAT", ["--format", "flac"], "flac", "PCM_24"),
        ("PCM_16", ["--format", "ogg"], "ogg", "VORBIS"),
        ("PCM_16", ["--format", "mp3"], "mp3", "MPEG_LAYER_III"),
    ],
)
def test_format_and_depth(
    tiny_model_folder: Path,
    tmp_path: Path,
    subtype: str,
    options: list[str],
    suffix: str,
    found: str,
) -> None:
    song = _song(tmp_path / "song.wav", 0.3, subtype)
    out = tmp_path / "out"
    assert _separate(tiny_model_folder, song, "-o", out, "--stems", "vocals", *options) == 0
    assert _files(out) == [f"song/vocals.{suffix}"]
    assert soundfile.info(out / "song" / f"vocals.{suffix}").subtype == found


def test_folders_patterns_and_equal_names(tiny_model_folder: Path, tmp_path: Path) -> None:
    for index, name in enumerate(("a/song.wav", "b/song.wav", "c/other.flac", "c/notes.txt")):
        if name.endswith("txt"):
            (tmp_path / name).write_text("words")
        else:
            _song(tmp_path / name, 0.2, seed=index)
    out = tmp_path / "out"
    code = _separate(
        tiny_model_folder, tmp_path / "?" / "song.wav", tmp_path / "c", "-o", out,
        "--stems", "vocals",
    )  # fmt: skip
    assert code == 0
    assert _files(out) == ["other/vocals.wav", "song (2)/vocals.wav", "song/vocals.wav"]


def test_bad_files_are_named_and_the_others_done(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("these are only words")
    good = _song(tmp_path / "good.wav", 0.2)
    (tmp_path / "nothing").mkdir()
    out = tmp_path / "out"
    code = _separate(
        tiny_model_folder, tmp_path / "empty.wav", tmp_path / "text.wav", tmp_path / "absent.wav",
        tmp_path / "nothing", tmp_path / "*.mid", good, "-o", out,
    )  # fmt: skip
    assert code == 2
    assert _files(out) == ["good/accompaniment.wav", "good/vocals.wav"]
    err = capsys.readouterr().err
    for name in ("empty.wav", "text.wav", "absent.wav", "nothing", "*.mid"):
        assert sum(name in line and "%" not in line for line in err.splitlines()) == 1
    assert "Traceback" not in err


def test_nothing_is_overwritten_without_a_word(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    song = _song(tmp_path / "song.wav", 0.2)
    out = tmp_path / "out"
    (out / "song").mkdir(parents=True)
    (out / "song" / "vocals.wav").write_text("mine")
    assert _separate(tiny_model_folder, song, "-o", out) == 2
    assert _files(out) == ["song/vocals.wav"]
    assert "--overwrite" in capsys.readouterr().err
    assert _separate(tiny_model_folder, song, "-o", out, "--skip-existing") == 0
    assert (out / "song" / "vocals.wav").read_text() == "mine"
    assert _files(out) == ["song/accompaniment.wav", "song/vocals.wav"]
    assert _separate(tiny_model_folder, song, "-o", out, "--skip-existing") == 0
    assert "left out" in capsys.readouterr().out
    assert _separate(tiny_model_folder, song, "-o", out, "--overwrite") == 0
    assert soundfile.info(out / "song" / "vocals.wav").frames == 0.2 * RATE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "command"),
        (["frobnicate"], "frobnicate"),
        (["separate"], "FILE"),
        (["separate", "x.wav"], "output"),
        (["separate", "x.wav", "-o", "out", "--format", "aiff"], "aiff"),
        (["separate", "x.wav", "-o", "out", "--overwrite", "--skip-existing"], "either"),
        (["separate", "x.wav", "-o", "out", "--format", "flac", "--bit-depth", "float"], "FLAC"),
        (["separate", "{song}", "-o", "out", "--stems", "vocals,drums"], "drums"),
        (["separate", "{song}", "-o", "out", "--model", "no such model"], "no such model"),
        (["separate", "{song}", "-o", "out", "--device", "abacus"], "abacus"),
        (["evaluate", "--data", "absent"], "absent"),
        (["evaluate", "--data", ".", "--layout", "odd"], "odd"),
        (["evaluate", "--data", ".", "--gain-db", "loud"], "number"),
        (["evaluate", "--data", ".", "--estimates", "b", "--gain-db", "3"], "--gain-db"),
        (["evaluate", "--data", ".", "--estimates", "b", "--mask", "binary"], "--mask"),
        (["evaluate", "--data", ".", "--mask", "hard"], "hard"),
        (["evaluate", "--data", ".", "--csv", "."], "--csv"),
    ],
)
def test_usage_errors_are_one_sentence(
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    song = _song(tmp_path / "song.wav", 0.1)
    filled = [argument.replace("{song}", str(song)) for argument in arguments]
    if arguments[:1] == ["separate"] and "--model" not in arguments:
        filled += ["--model", str(tiny_model_folder)]
    assert run(filled) == 2
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if "Loading" not in line]
    assert len(lines) == 1
    assert words.lower() in lines[0].lower()
    assert not (tmp_path / "out").exists()


def test_damaged_model_ends_the_call(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in tiny_model_folder.iterdir():
        data = bytearray(path.read_bytes())
        if path.suffix == ".safetensors":
            data[-1] ^= 1
        (broken / path.name).write_bytes(data)
    song = _song(tmp_path / "song.wav", 0.1)
    assert _separate(broken, song, song, "-o", tmp_path / "out") == 2
    assert capsys.readouterr().err.count("damaged") == 1


def test_unforeseen_error_goes_to_a_log(
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import core.separator

    def stumble(*arguments: object, **options: object) -> None:
        raise RuntimeError("the moon is full")

    monkeypatch.setattr(core.separator.Separator, "start", stumble)
    song = _song(tmp_path / "song.wav", 0.1)
    assert _separate(tiny_model_folder, song, "-o", tmp_path / "out") == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    log = Path(err.split("details are in ")[1].splitlines()[0])
    assert "the moon is full" in log.read_text(encoding="utf-8")
    assert not (tmp_path / "out").exists()


def test_evaluate_and_json(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    for index in range(2):
        _song(data / f"clip_{index}.wav", 0.5, seed=index)
    soundfile.write(data / "quiet.wav", np.zeros((RATE, 2)), RATE)
    result = tmp_path / "result.json"
    arguments = ["--data", str(data), "--layout", "mir1k", "--gain-db", "-20"]
    arguments += ["--model", str(tiny_model_folder), "--json", str(result)]
    code = run(["evaluate", *arguments])
    assert code == 0
    captured = capsys.readouterr()
    assert "GNSDR" in captured.out
    assert "quiet" in captured.err
    table = json.loads(result.read_text())
    assert (table["n_clips"], table["n_scored"], table["gain_db"]) == (3, 2, -20.0)
    assert set(table["means"]) == {"vocals", "accompaniment"}


def test_evaluate_compares_models_and_estimates(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, ready = tmp_path / "data", tmp_path / "ready"
    ready.mkdir()
    for index in range(2):
        song = _song(data / f"one_1_0{index}.wav", 0.5, seed=index)
        left, right = soundfile.read(song)[0].T
        soundfile.write(ready / f"{song.stem}_vocals.wav", right, RATE)
        soundfile.write(ready / f"{song.stem}_accompaniment.wav", left, RATE)
    table, sheet = tmp_path / "result.json", tmp_path / "result.csv"
    models = ["--model", str(tiny_model_folder)] * 2
    files = ["--json", str(table), "--csv", str(sheet)]
    arguments = ["--data", str(data), "--layout", "mir1k", *models, "--estimates", str(ready)]
    assert run(["evaluate", *arguments, "--mask", "binary", *files]) == 0
    out = capsys.readouterr().out
    assert "binary mask" in out
    assert "percentile bootstrap over 2 clips" in out
    assert "Less tiny, clip by clip" in out
    found = json.loads(table.read_text())
    assert list(found["models"]) == ["tiny", "tiny (2)", "ready"]
    same, better = found["differences"]
    assert same["figures"]["vocals"]["nsdr_db"]["mean_db"] == pytest.approx(0, abs=1e-9)
    assert better["figures"]["vocals"]["nsdr_db"]["interval"]["low"] > 20
    rows = sheet.read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("model,clip,duration_s,source,sdr_db")
    assert len(rows) == 1 + 3 * 2 * 2


def test_evaluate_names_broken_files(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    _song(data / "good.wav", 0.5)
    (data / "bad.wav").write_text("words")
    code = run(["evaluate", "--data", str(data), "--model", str(tiny_model_folder)])
    captured = capsys.readouterr()
    assert code == 2
    assert "bad.wav" in captured.err
    assert "1 of 1 clips" in captured.out


def test_evaluate_published_estimates(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = data_dir / "mir1k"
    arguments = ["--data", str(folder / "dev"), "--estimates", str(folder / "published")]
    assert run(["evaluate", *arguments]) == 0
    voice = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("vocals"))
    assert float(voice.split()[1]) == pytest.approx(9.71, abs=0.05)


def test_models_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("stemscope ")
    assert run(["--help"]) == 0
    assert "separate" in capsys.readouterr().out
    assert run(["models"]) in (0, 2)  # a checkout may have no model yet


def test_help_is_quick_and_loads_neither_torch_nor_qt() -> None:
    code = (
        "import sys, app.cli; app.cli.run(['separate', '--help']);"
        "print([m for m in ('torch', 'PySide6', 'numpy', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a single process")
def test_interrupt_leaves_nothing_half_written(tiny_model_folder: Path, tmp_path: Path) -> None:
    song = _song(tmp_path / "song.wav", 400.0)
    out = tmp_path / "out"
    command = [sys.executable, "-u", "-m", "app.cli", "separate", str(song), "-o", str(out)]
    process = subprocess.Popen(
        [*command, "--model", str(tiny_model_folder)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "Separating" in line:
            break
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=30) == 130
    process.stderr.close()
    assert time.monotonic() - started < 10
    assert "Traceback" not in rest
    assert not out.exists() or _files(out) == []
