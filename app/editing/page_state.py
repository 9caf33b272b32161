"""What the page looks and sounds like, as plain values of a project, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.audio.tempo import Tempo

if TYPE_CHECKING:
    from app.panels.mixer import MixerPanel
    from app.panels.view_options import ViewOptions
    from app.spectrogram import SpectrogramView


def view_state(view: SpectrogramView, options: ViewOptions) -> dict[str, Any]:
    """What is visible, and how."""
    shown = view.viewport
    return {
        "options": options.state(),
        "time_s": [shown.start_s, shown.stop_s],
        "units": [shown.low, shown.high],
    }


def show_view(state: dict[str, Any], view: SpectrogramView, options: ViewOptions) -> None:
    """Show it like this again; what is missing or odd stays as it is."""
    if isinstance(state.get("options"), dict):
        options.set_state(state["options"])
    units, time_s = _pair(state.get("units")), _pair(state.get("time_s"))
    if units is not None:
        view.viewport.set_units(*units)
    if time_s is not None:
        view.viewport.set_time(*time_s)


def mixer_state(mixer: MixerPanel) -> dict[str, Any]:
    """Faders in dB, and which stems are muted or soloed."""
    strips = mixer.strips.items()
    return {
        "faders_db": {source: strip.fader.gain_db() for source, strip in strips},
        "muted": [source for source, strip in strips if strip.mute and strip.mute.isChecked()],
        "soloed": [source for source, strip in strips if strip.solo and strip.solo.isChecked()],
        "master_db": mixer.master.fader.gain_db(),
    }


def set_mixer(state: dict[str, Any], mixer: MixerPanel) -> None:
    """Set the strips like this again."""
    faders = state.get("faders_db")
    for source, strip in mixer.strips.items():
        value = faders.get(source) if isinstance(faders, dict) else None
        if isinstance(value, (int, float)):
            strip.fader.set_gain_db(float(value))
        for button, key in ((strip.mute, "muted"), (strip.solo, "soloed")):
            if button is not None and isinstance(state.get(key), list):
                button.setChecked(source in state[key])
    if isinstance(state.get("master_db"), (int, float)):
        mixer.master.fader.set_gain_db(float(state["master_db"]))


def tempo_state(tempo: Tempo) -> dict[str, Any]:
    """Speed and pitch of playback; nothing where they are the usual ones."""
    if tempo.is_neutral:
        return {}
    return {"speed_percent": tempo.percent, "pitch_cents": tempo.cents}


def tempo_of(state: dict[str, Any]) -> Tempo:
    """The speed and pitch that ``tempo_state`` kept; the usual ones of projects without them."""
    usual = Tempo()
    values = state.get("speed_percent", usual.percent), state.get("pitch_cents", usual.cents)
    if not all(isinstance(value, (int, float)) for value in values):
        return usual
    return Tempo.held(*values)


def _pair(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    first, second = value
    if not all(isinstance(each, (int, float)) for each in value) or not first < second:
        return None
    return float(first), float(second)
