import datetime
import re
from pathlib import Path

import pytest
import yaml

import zoo
from ave_keras import AVEError
from benchmarks.studies.study import Arm, from_dict, names, read

STUDY = {
    "title": "Does it help?",
    "base": "a",
    "recipe": {"epochs": 3},
    "factors": {
        "average": {"title": "Averaged weights", "levels": {0.9: {"recipe": {"average": 0.9}}}},
        "width": {"title": "Width", "levels": {"narrow": {"model": {"lstm_units": 8}}, "v": {"entry": "v"}}},
    },
    "combine": [{"average": 0.9, "width": "narrow"}],
}


def factor(change):
    return {"f": {"title": "x", "levels": {"x": change}}}


def study(**changes):
    combine = {"combine": []} if "factors" in changes else {}
    return from_dict({**STUDY, **combine, **changes}, Path("s.yaml"))


def test_arms():
    assert study().arms == [
        Arm("base", "a", {}, {"epochs": 3}),
        Arm("average: 0.9", "a", {}, {"epochs": 3, "average": 0.9}),
        Arm("width: narrow", "a", {"lstm_units": 8}, {"epochs": 3}),
        Arm("width: v", "v", {}, {"epochs": 3}),
        Arm("average: 0.9, width: narrow", "a", {"lstm_units": 8}, {"epochs": 3, "average": 0.9}),
    ]


def test_choose():
    assert [arm.name for arm in study().choose(["average"])] == ["base", "average: 0.9"]
    assert study().choose(None) == study().arms
    with pytest.raises(AVEError, match=r"no such factor.*--factors.*average, width.*found 'averag'.*Nearest: average"):
        study().choose(["averag"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": 1}, "unknown key of a study.*found 'colour'"),
        ({"base": "av_at"}, "av_at"),
        ({"factors": {}}, "factors"),
        ({"factors": {"f": {"title": "x", "levels": {"a": {"models": {}}}}}}, "levels.a.*found 'models'"),
        ({"factors": {"f": {"levels": {"a": {"recipe": {}}}}}}, "factors.f.title"),
        ({"factors": {"f": {"title": "x", "levels": {"a": {"recipe": {"epoch": 3}}}}}}, "f: a.*epoch"),
        ({"combine": [{"averag": 0.9}]}, "unknown factor.*found 'averag'.*Nearest: average"),
        ({"combine": [{"average": 0.8}]}, "unknown level.*found '0.8'.*Nearest: 0.9"),
        ({"recipe": {"average": 2.0}}, "average"),
        ({"recipe": "fast"}, "recipe.*`key: value` lines.*found 'fast'"),
        ({"recipe": None}, "recipe"),
        ({"base": ["a"]}, "base.*text"),
        ({"seeds": "three"}, "s.yaml.*seeds.*a whole number.*found 'three'"),
        ({"seeds": 0}, "seeds.*1 or more"),
        ({"notes": "one"}, "notes.*a list"),
        ({"data": "folder"}, "data.*a list"),
        ({"combine": {"average": 0.9}}, "combine.*a list"),
        ({"combine": ["average"]}, "combine"),
        ({"factors": factor({"model": [1]})}, "levels.x.model.*found.*1"),
        ({"factors": factor({"recipe": {}})}, "this arm changes nothing"),
        ({"factors": factor({"recipe": {"epochs": 3}})}, "this arm changes nothing.*f: x"),
        ({"factors": factor({"entry": "avdln"})}, "another task than the base.*found avdln"),
        ({"factors": factor({"recipe": {"losses": 5}})}, "f: x.*losses"),
        ({"factors": factor({"model": {"hidden": datetime.date(2026, 1, 1)}})}, "f: x.*not JSON"),
        ({"factors": {"f": {"title": "x", "levels": {0.5: {"entry": "v"}, "0.5": {"entry": "v"}}}}}, "different names"),
        ({"data": [1]}, "'data'.*a list of folders, found 1"),
        ({"data": [""]}, "'data'.*found ''"),
        ({"recipe": {1: 2}}, r"'recipe'.*lines, found \{1: 2\}"),
        ({"factors": {1: STUDY["factors"]["average"], "1": STUDY["factors"]["width"]}}, "'factors'.*different names"),
        ({"factors": {"": STUDY["factors"]["average"]}}, "'factors'.*none of them empty"),
        ({"combine": [{"average": 0.9}]}, "two arms of this study are the same.*found.*'average: 0.9'"),
    ],
)
def test_invalid_studies(changes, message):
    with pytest.raises(AVEError, match=f"(?s){message}"):
        study(**changes)


def test_factors_that_change_the_same_value_cannot_be_combined():
    factors = {
        **STUDY["factors"],
        "slow": {"title": "Slow", "levels": {"yes": {"recipe": {"average": 0.99}}}},
    }
    with pytest.raises(AVEError, match=re.escape("average and slow both change recipe.average")):
        study(factors=factors, combine=[{"average": 0.9, "slow": "yes"}])


def test_unknown_study(tmp_path):
    with pytest.raises(AVEError, match="unknown study"):
        read("no-such-study")
    with pytest.raises(AVEError, match="cannot read the study"):
        read(str(tmp_path / "none.yaml"))
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump(STUDY))
    assert read(str(file)).name == "own"
    file.write_text("title: one\nfactors:\n  average: 1\n  average: 2\n")
    with pytest.raises(AVEError, match=r"own.yaml\): found line 4: the key 'average' stands in line 3, too"):
        read(str(file))


@pytest.mark.parametrize("name", names())
def test_studies_of_the_project(name):
    for arm in read(name).arms:
        assert zoo.entry(arm.entry).with_recipe(**arm.recipe)
