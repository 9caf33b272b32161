from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.card import NetworkSettings, StftSettings
from core.errors import UsageError
from core.training.recipe import (
    RECIPES_FOLDER,
    AugmentationSettings,
    ObjectiveSettings,
    OptimiserSettings,
    Recipe,
    find_recipe,
    load_recipe,
    recipe_from_dict,
    shipped_recipes,
)
from core.training.rules import rule_of

HEAD = 'extends = "paper"\nmodel_id = "mine"\n'

BAD = {
    "an unknown name": (
        "[optimiser]\nlearning_rat = 1e-3",
        "The recipe “mine.toml”, [optimiser] does not know “learning_rat”. Did you mean "
        "“learning_rate”?",
    ),
    "an unknown section": (
        "[optimizer]\nepochs = 3",
        "The recipe “mine.toml” does not know “optimizer”. Did you mean “optimiser”?",
    ),
    "a choice": (
        '[objective]\nerror = "l2"',
        "The recipe “mine.toml”, [objective]: error cannot be “l2”. Use “squared” or “kl” or “l1”; "
        "the nearest is “l1”.",
    ),
    "a range": (
        "[objective]\ngamma = 0.7",
        "The recipe “mine.toml”, [objective]: gamma cannot be 0.7. Use a number from 0 to 0.5; the "
        "nearest is 0.5.",
    ),
    "a type": (
        '[optimiser]\nepochs = "many"',
        "The recipe “mine.toml”, [optimiser]: epochs cannot be “many”. Use a whole number from 1 "
        "to 1000000; the nearest is 250.",
    ),
    "a whole number": (
        "[optimiser]\nbatch_sequences = 16.5",
        "The recipe “mine.toml”, [optimiser]: batch_sequences cannot be 16.5. Use a whole number "
        "from 1 to 65536; the nearest is 16.",
    ),
    "true for a number": (
        "[augmentation]\nchannel_swap = true",
        "The recipe “mine.toml”, [augmentation]: channel_swap cannot be true. Use a number from 0 "
        "to 1; the nearest is 1.0.",
    ),
    "a hop beyond half a window": (
        "[stft]\nhop_samples = 700",
        "A hop of 700 samples is not possible with a window of 1024; the nearest is 512.",
    ),
    "fades longer than chunks": (
        "[chunk]\nfade_frames = 500",
        "The chunks: fade_frames cannot be 500 where core_frames is 256; the nearest is 256.",
    ),
    "a third source": (
        "[network.arguments]\nn_sources = 3",
        "The network's n_sources is 3, but the recipe gives it 2. Set n_sources to 2",
    ),
    "infinity": ("[optimiser]\nlearning_rate = inf", "learning_rate cannot be inf."),
    "not a number": ("[optimiser]\nlearning_rate = nan", "learning_rate cannot be nan."),
    "bounds that are exchanged": (
        "[augmentation]\nspeed_min = 2.0",
        "The augmentation: speed_min (2) lies above speed_max (1.3333). Exchange the two.",
    ),
    "KL of what may be negative": (
        '[objective]\nerror = "kl"',
        "The objective: the error “kl” compares magnitudes. Set spectra to “magnitude”, or error "
        "to “squared”.",
    ),
    "decay without AdamW": (
        "[optimiser]\nweight_decay = 0.1",
        "The optimiser: weight_decay works with “adamw” alone.",
    ),
    "L-BFGS in half precision": (
        '[optimiser]\nmethod = "lbfgs"',
        "The optimiser: the line search of “lbfgs” needs exact products.",
    ),
    "L-BFGS with steps": (
        '[optimiser]\nmethod = "lbfgs"\nproduct_dtype = "float32"\nsteps = 9',
        "“lbfgs” counts iterations.",
    ),
    "L-BFGS with batch normalisation": (
        '[optimiser]\nmethod = "lbfgs"\nproduct_dtype = "float32"\n'
        '[network.arguments]\nnormalisation = "batch"',
        "Batch normalisation changes with every batch",
    ),
    "bins of another STFT": (
        "[stft]\nwindow_samples = 2048",
        "The network's n_bins is 513, but the recipe gives it 1025. Set n_bins to 1025 in "
        "[network.arguments].",
    ),
    "mel filters for another rate": (
        "sample_rate = 8000\n[network.arguments]\nsample_rate = 16000",
        "The network's sample_rate is 16000, but the recipe gives it 8000.",
    ),
    "another window": (
        '[stft]\nwindow = "hamming"',
        "The recipe “mine.toml”, [stft]: window cannot be “hamming”. Use “sine” or “hann”",
    ),
    "one source": ('sources = ["vocals"]', "sources must name two"),
    "a section that is no table": (
        "optimiser = 3",
        "The recipe “mine.toml”, [optimiser] must be a table of names and values.",
    ),
    "arguments that are no table": ("[network]\narguments = 3", "[network.arguments] must be"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_recipe_is_refused_with_a_sentence(case: str, tmp_path: Path) -> None:
    text, sentence = BAD[case]
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_recipe(path)
    assert sentence in str(caught.value)


def test_what_a_recipe_must_say_is_asked_for() -> None:
    with pytest.raises(UsageError, match="The recipe lacks “terms”"):
        recipe_from_dict({"model_id": "a", "title": "A", "description": "a"})


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("gamma = ")
    with pytest.raises(UsageError, match=r"“mine\.toml” cannot be read"):
        load_recipe(path)
    with pytest.raises(UsageError, match=r"“gone\.toml” cannot be read"):
        load_recipe(tmp_path / "gone.toml")


def test_values_made_in_code_are_held_to_the_same_rules() -> None:
    with pytest.raises(UsageError, match="The objective: gamma cannot be -1"):
        ObjectiveSettings(gamma=-1)
    with pytest.raises(UsageError, match="method cannot be “sgd”"):
        OptimiserSettings(method="sgd")
    assert isinstance(OptimiserSettings(gradient_norm=1).gradient_norm, float)


def test_a_recipe_says_only_what_differs_from_the_one_it_extends(tmp_path: Path) -> None:
    (tmp_path / "middle.toml").write_text(
        HEAD + "[optimiser]\nepochs = 7\n[network.arguments]\nhidden = [50, 50]\n"
        "recurrent_layers = [1]\n"
    )
    path = tmp_path / "mine.toml"
    path.write_text('extends = "middle"\ntitle = "Mine"\n[optimiser]\nlearning_rate = 1e-4\n')
    recipe, paper = load_recipe(path), find_recipe("paper")
    assert (recipe.title, recipe.model_id) == ("Mine", "mine")
    assert (recipe.optimiser.epochs, recipe.optimiser.learning_rate) == (7, 1e-4)
    assert recipe.optimiser.batch_sequences == paper.optimiser.batch_sequences
    assert recipe.network.arguments["hidden"] == [50, 50]
    assert recipe.network.arguments["context_frames"] == 3
    assert recipe.augmentation == paper.augmentation


def test_another_network_takes_none_of_the_first_ones_arguments(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + '[network]\nname = "other"\n[network.arguments]\nn_bands = 8\n')
    assert load_recipe(path).network == NetworkSettings("other", {"n_bands": 8})


def test_extending_in_a_circle_or_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "b"')
    (tmp_path / "b.toml").write_text('extends = "a.toml"')
    with pytest.raises(UsageError, match="extends itself"):
        load_recipe(tmp_path / "a.toml")
    (tmp_path / "c.toml").write_text('extends = "papper"')
    with pytest.raises(UsageError, match="Did you mean “paper”"):
        load_recipe(tmp_path / "c.toml")


def test_shipped_recipes_are_found_by_name() -> None:
    names = shipped_recipes()
    assert "paper" in names
    assert [load_recipe(RECIPES_FOLDER / f"{name}.toml") for name in names] == [
        find_recipe(name) for name in names
    ]
    with pytest.raises(UsageError, match=r"no recipe “papper”\. Did you mean “paper”"):
        find_recipe("papper")


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_recipe_survives_json(name: str) -> None:
    recipe = find_recipe(name)
    assert recipe_from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_what_is_not_asked_for_is_not_done() -> None:
    recipe = Recipe("a", "A", "a", "none")
    plain = AugmentationSettings()
    assert recipe.augmentation == plain
    assert plain.circular_shift == "none"
    assert plain.own_accompaniment == 1
    assert plain.speed_min == plain.speed_max == 1
    assert not plain.pitch_semitones or plain.formant_semitones or plain.equaliser_db
    assert not plain.no_voice or plain.channel_swap or plain.voice_to_music_db
    assert recipe.stft == StftSettings()


def test_windows_can_ask_what_a_value_may_be() -> None:
    rule = rule_of(OptimiserSettings, "method")
    assert rule is not None
    assert rule.choices == ("adam", "adamw", "lbfgs")
    gamma = rule_of(ObjectiveSettings, "gamma")
    assert gamma is not None
    assert (gamma.low, gamma.high) == (0, 0.5)
