"""The command ``live``."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import run
from app.live.loading import load_live_model


def test_devices_are_listed_and_one_is_separated(sinks, causal_model_folder: Path, capfd) -> None:
    import sounddevice

    sounddevice._terminate()  # it may have been loaded before the server was there
    sounddevice._initialize()
    assert run(["live", "--devices"]) == 0
    listed = capfd.readouterr().out
    assert "* Monitor of Null Output (song.monitor) (PulseAudio, 2 ch, 44.1 kHz)" in listed
    ends = ["--input", "song.monitor", "--output", "phones", "--latency", "large"]
    model = ["--model", str(causal_model_folder)]
    assert run(["live", *ends, *model, "--seconds", "0.5"]) == 0
    said = capfd.readouterr().err
    assert "latency" in said
    assert "dropouts" in said
    assert run(["live", "--input", "nobody", *model, "--seconds", "1"]) == 2
    assert "no sound input called “nobody”" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--stem", "voice"], "Did you mean “vocals”?"),
        (["--latency", "none"], "small, medium, large"),
    ],
)
def test_mistakes(arguments: list[str], sentence: str, capfd) -> None:
    assert run(["live", *arguments]) == 2
    assert sentence in capfd.readouterr().err


def test_a_model_that_hears_ahead(sinks, tiny_model_folder: Path, capfd) -> None:
    import sounddevice

    sounddevice._terminate()
    sounddevice._initialize()
    assert run(["live", "--model", str(tiny_model_folder)]) == 2
    assert "hears ahead" in capfd.readouterr().err


def test_loading(causal_model_folder: Path) -> None:
    assert load_live_model(causal_model_folder).card.model_id == "halves"
