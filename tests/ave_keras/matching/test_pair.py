import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.matching import match
from tests import small


@pytest.fixture(scope="module", params=["avdln", "dcca"])
def model(request):
    return small.load(request.param, audio_dim=4, visual_shape=(4,))


@pytest.fixture
def clip(rng):
    return {"audio": rng.normal(size=(9, 4)), "visual": rng.normal(size=(7, 4))}


@pytest.mark.parametrize("direction", ["a2v", "v2a"])
def test_finds_the_cheapest_window(model, clip, direction):
    found = match(model, **clip, direction=direction, start=2, length=3)
    # The views of DCCA want as many seconds of both.
    both = small.call(model, {key: np.float32(x[None, :7]) for key, x in clip.items()})
    sound, picture = both["audio"][0], both["visual"][0]
    query, searched = (sound, picture) if direction == "a2v" else (picture, sound)
    costs = [
        np.mean([np.linalg.norm(searched[t + i] - query[2 + i]) for i in range(3)]) for t in range(len(searched) - 2)
    ]
    np.testing.assert_allclose(found.costs[:5], costs[:5], rtol=1e-5)
    assert len(found.costs) == (5 if direction == "a2v" else 7) and found.length == 3
    assert found.starts == (int(found.costs.argmin()),)


def test_the_query_goes_to_its_end(model, clip):
    assert match(model, clip["audio"][:2], clip["visual"]).length == 2
    assert match(model, **clip, start=6).length == 3


def test_an_undecided_model_names_all_windows(model, clip):
    assert match(model, clip["audio"][:2], np.ones((7, 4))).starts == tuple(range(6))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"length": 8}, r"longer than the video: expected at most 7 seconds, found 8"),
        ({"length": 0}, "empty query"),
        ({"start": 9}, "empty query"),
        ({"start": -1}, r"invalid query.*a start of 0 or more, found start -1"),
        ({"length": 2.5}, r"invalid query.*whole seconds.*length 2.5"),
        ({"start": 8, "length": 2}, r"query out of range: expected an end by 9, found 10"),
        ({"audio": np.ones((0, 4))}, r"'audio'.*\(seconds of 1 or more, 4\) numbers, found \(0, 4\)"),
        ({"visual": np.ones((7, 2, 2, 4))}, r"wrong feature shape \(key 'visual'\)"),
        ({"audio": np.array([["a"] * 4])}, r"wrong feature shape \(key 'audio'\).*numbers"),
        ({"visual": np.r_[np.ones((3, 4)), np.full((1, 4), np.nan)]}, r"NaN.*'visual'.*finite values, found second 3"),
        ({"direction": "up"}, r"unknown direction.*'a2v', 'v2a'"),
    ],
)
def test_bad_input(clip, change, message):
    model = small.load("avdln", audio_dim=4, visual_shape=(4,))
    with pytest.raises(AVEError, match=message):
        match(model, **{**clip, **change})
