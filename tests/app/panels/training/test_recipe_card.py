"""The card of a recipe's values: what it shows of each network, and what reaches the training."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.panels.training.recipe_card import RecipeCard
from app.training.recipes import recipes


@pytest.fixture
def card(qtbot) -> RecipeCard:
    card = RecipeCard(recipes())
    qtbot.addWidget(card)
    return card


def enter(card: RecipeCard, name: str, text: str) -> None:
    field = card._number(name)
    assert field is not None
    field.setText(text)
    field.textEdited.emit(text)


def test_a_recipe_that_is_not_touched_is_trained_as_it_is(card) -> None:
    for name, recipe in recipes().items():
        card.choose(name)
        assert card.complete(), name
        made = card.recipe("x")
        for part in ("stft", "network", "augmentation", "objective", "optimiser"):
            assert getattr(made, part) == getattr(recipe, part), (name, part)
        assert made.validation.share > 0
        assert 0 < made.validation.max_clips <= 8
        assert made.validation.every_epochs >= recipe.validation.every_epochs


def test_rows_that_mean_nothing_disappear(card) -> None:
    card.choose("u-net")
    for name in ("layers", "units", "recurrent", "context"):
        assert card._rows[name].isHidden()
    assert not card.own_network.isHidden()
    card.choose("huang2014/lbfgs")
    assert card._rows["learning_rate"].isHidden()
    assert not card._rows["layers"].isHidden()
    assert card.own_network.isHidden()


def test_what_is_entered_reaches_the_recipe(card) -> None:
    card.choose("u-net")
    for name, text in (
        ("length", "7"), ("learning_rate", "0,002"), ("batch_sequences", "3"),
        ("sequence_frames", "64"), ("gamma", "0"), ("share", "20"), ("every_epochs", "2"),
        ("max_clips", "0"), ("remix", "40"), ("speed", "25"), ("pitch", "1"), ("balance", "2"),
    ):  # fmt: skip
        enter(card, name, text)
    card.shift.set_value("grid 25000")
    made, before = card.recipe("x"), recipes()["u-net"]
    assert made.network == before.network
    assert made.optimiser == replace(
        before.optimiser, epochs=7, learning_rate=0.002, batch_sequences=3, sequence_frames=64
    )
    assert made.objective.gamma == 0
    validation = made.validation
    assert (validation.share, validation.every_epochs, validation.max_clips) == (0.2, 2, 0)
    assert made.augmentation == replace(
        before.augmentation, own_accompaniment=0.6, speed_min=0.8, speed_max=1.25,
        pitch_semitones=1.0, voice_to_music_db=2.0, circular_shift="grid",
        circular_shift_samples=25000,
    )  # fmt: skip


def test_what_makes_stereo_is_shown_where_the_network_hears_two_channels(card) -> None:
    card.choose("u-net")
    assert card._rows["placement"].isHidden()
    assert not card._rows["room"].isHidden()
    card.choose("studio")
    assert not card._rows["placement"].isHidden()
    for name, text in (
        ("examples", "250"), ("placement", "30"), ("width", "60"), ("room", "12,5"),
        ("saturation", "5"), ("limit", "7"),
    ):  # fmt: skip
        enter(card, name, text)
    card.band.set_value("recorded")
    before = recipes()["studio"]
    assert card.recipe("x").augmentation == replace(
        before.augmentation, epoch_examples=250, voice_placement=0.3, music_width=0.6, room=0.125,
        saturation=0.05, band_limit=0.07, match_band=False,
    )  # fmt: skip
    assert card.recipe("x").validation.songs == before.validation.songs


def test_recurrence_outlives_a_number_that_is_being_typed(card) -> None:
    card.choose("paper")
    for text in ("1", "12"):
        enter(card, "layers", text)
    assert card.recurrent.value() == "2"
    enter(card, "layers", "1")
    assert card.recurrent.value() == "1"  # not: none at all
    assert card.recipe("x").network.arguments["recurrent_layers"] == [1]


def test_units_that_the_heads_cannot_share_are_refused_at_the_field(card) -> None:
    card.choose("attention")
    enter(card, "units", "801")
    assert not card.complete()
    assert "such as 800" in card._rows["units"].problem.text()
    enter(card, "units", "804")
    assert card.complete()
    enter(card, "units", "12.5")
    assert "whole number" in card._rows["units"].problem.text()


def test_reset_takes_back_every_edit(card) -> None:
    card.choose("paper")
    before = card.recipe("x")
    for name in ("length", "units", "share", "speed"):
        enter(card, name, "11")
    assert card.recipe("x") != before
    card.reset.click()
    assert card.recipe("x") == before
