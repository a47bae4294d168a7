from pathlib import Path

import pytest

from ave_keras import AVEError
from ave_keras.films import Recipe
from ave_keras.films.composing import draw_plans
from ave_keras.films.recipe import read_recipe
from zoo.cli.data.films import FOLDERS


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("videos", 2, "a whole number, 3 or more, found 2"),
        ("videos", True, "found True"),
        ("seconds", 0, "1 or more"),
        ("fps", 0, "1 or more, found 0"),
        ("size", 33, "an even number, 32 or more, found 33"),
        ("size", 20, "32 or more"),
        ("seed", -1, "0 or more"),
        ("background_videos", -1, "0 or more"),
        ("splits", (1, 1), "three shares"),
        ("splits", (1, 0, 1), "above 0"),
        ("lengths", {11: 1.0}, "up to 10"),
        ("lengths", {}, "tenths of the film"),
        ("outside", {"noise": 1.0}, "some of"),
        ("distractors", (), "weights"),
        ("distractors", (0.0, 0.0), "weights"),
        ("objects", (0.5, 1.5), "up to 1"),
        ("objects", (0.7, 0.4), "smallest first"),
        ("drift", 2, "0 to 1"),
        ("ambience_level", float("nan"), "0 or more"),
        ("splits", (float("inf"), 1, 1), "three shares"),
        ("drift", True, "0 to 1"),
        ("distractors", 1, "weights of no, one, two"),
    ],
)
def test_invalid_values(key, value, message):
    with pytest.raises(AVEError, match=f"'{key}'.*{message}"):
        Recipe(**{key: value})


def test_from_dict_and_back():
    recipe = Recipe(videos=20, splits=(0.5, 0.25, 0.25), lengths={5: 1.0})
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert recipe.background == 1 and Recipe(background_videos=0).background == 0


def test_files(tmp_path):
    file = tmp_path / "recipe.yaml"
    with pytest.raises(AVEError, match="cannot read the recipe"):
        read_recipe(file)
    for text in ("- 1", "a: [", "", "videos: 20\nvideos: 30"):
        file.write_text(text)
        with pytest.raises(AVEError, match="recipe"):
            read_recipe(file)
    with pytest.raises(AVEError, match=r"unknown key of a recipe.*'film'.*one of"):
        Recipe.from_dict({"film": 3}, file)
    with pytest.raises(AVEError, match="outside"):
        Recipe.from_dict({"outside": [1, 2]}, file)


def test_the_recipe_of_avmini():
    values = read_recipe(Path(__file__).parents[3] / "docs" / "av-mini.yaml")
    recipe = Recipe.from_dict({key: value for key, value in values.items() if key not in (*FOLDERS, "title")})
    assert (recipe.videos, recipe.background, sum(recipe.lengths.values())) == (1100, 58, pytest.approx(1))
    plans = draw_plans(recipe, tuple("abcdefgh"))
    counts = [sum(plan.split == split for plan in plans if plan.label) for split in ("train", "val", "test")]
    assert counts == [700, 100, 300]
