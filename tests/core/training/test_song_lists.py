"""A recipe names a list of songs that lies beside it; the songs are part of the recipe then."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.training.recipe import RECIPES_FOLDER, Recipe, load_recipe, recipe_from_dict
from core.training.song_lists import song_list

HEAD = 'model_id = "m"\ntitle = "M"\ndescription = "d"\nterms = "t"\n'


def written(folder: Path, songs: str) -> Recipe:
    path = folder / "mine.toml"
    path.write_text(f"{HEAD}[network]\nname = 'recurrent'\n[validation]\nsongs = {songs}\n")
    return load_recipe(path)


def test_a_list_beside_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "held.txt").write_text("# held out\n\n  Ünï – Söng \nOther\n", encoding="utf-8")
    for songs in ('"held"', '"held.txt"', '["Ünï – Söng", "Other"]'):
        recipe = written(tmp_path, songs)
        assert recipe.validation.songs == ("Ünï – Söng", "Other")
        assert recipe_from_dict(recipe.as_dict()) == recipe


def test_the_list_that_comes_along(tmp_path: Path, data_dir: Path) -> None:
    songs = written(tmp_path, '"musdb18-validation"').validation.songs
    assert len(set(songs)) == 14
    there = {path.name for path in (data_dir / "musdb18-7" / "train").iterdir()}
    assert set(songs) <= there


def test_a_recipe_that_extends_another_keeps_its_songs(tmp_path: Path) -> None:
    written(tmp_path, '["One"]')
    child = tmp_path / "child.toml"
    child.write_text('extends = "mine"\ntitle = "Child"\n')
    assert load_recipe(child).validation.songs == ("One",)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mine\.toml.*“musdb-val”.*“musdb18-validation”"):
        written(tmp_path, '"musdb-val"')
    with pytest.raises(UsageError, match="a list of texts"):
        written(tmp_path, "3")
    with pytest.raises(UsageError, match="a list of texts"):
        written(tmp_path, "[1, 2]")
    (tmp_path / "odd.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"odd\.txt"):
        song_list("odd", (tmp_path, RECIPES_FOLDER), "mine.toml")
