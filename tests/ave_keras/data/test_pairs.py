"""Pairs against their definition, one by one."""

import numpy as np
import pytest

from ave_keras.data import AVE, pair_dataset
from ave_keras.data.pairs import official_pairs, synchronised_pairs
from ave_keras.errors import AVEError
from tests.ave_keras.data.conftest import values


@pytest.fixture
def event(rng):
    return rng.integers(0, 2, (3, 4)).astype(bool)


def test_official_pairs(event):
    y, weight = official_pairs(event)
    for b, i, j in np.ndindex(3, 4, 4):
        assert weight[b, i, j] == (i == j)
        assert y[b, i, j] == (i == j and event[b, i])


@pytest.mark.parametrize("negatives", ["within", "across", "both"])
def test_synchronised_pairs(event, negatives):
    y, weight = synchronised_pairs(event, negatives)
    assert len(y) == (3 if negatives == "within" else 6)
    kinds = {"true": [], "within": [], "across": []}
    for b, i, j in np.ndindex(y.shape):
        if b < 3:
            kind = "true" if i == j and event[b, i] else "within" if i != j and (event[b, i] or event[b, j]) else None
        else:
            kind = "across" if event[b - 3, i] or event[(b - 2) % 3, j] else None
        assert y[b, i, j] == (kind == "true")
        if kind is None:
            assert weight[b, i, j] == 0
        else:
            kinds[kind].append(weight[b, i, j])
    masses = {kind: np.sum(found) for kind, found in kinds.items()}
    share = {"within": (1, 1, 0), "across": (1, 0, 1), "both": (1, 0.5, 0.5)}[negatives]
    np.testing.assert_allclose(list(masses.values()), share, rtol=1e-6)
    assert all(len(set(found)) <= 1 for found in kinds.values())


def test_what_has_no_pair():
    for negatives in ("within", "across", "both"):
        assert not synchronised_pairs(np.zeros((2, 4), bool), negatives)[1].any()
    alone = np.ones((1, 3), bool)
    assert not synchronised_pairs(alone, "both")[1][1:].any()


def test_items(folder):
    ave = AVE.from_directory(folder)
    data = pair_dataset(ave, "train_match", batch_size=5, shuffle=True, seed=3)
    data.set_epoch(2)
    x, y, weight = data[1]
    rows = data.rows[5:10]
    sound, picture = values(folder / "audio_feature.h5"), values(folder / "visual_feature.h5")
    np.testing.assert_array_equal(x["visual"], picture[[*rows, *rows]])
    np.testing.assert_array_equal(x["audio"], sound[[*rows, *rows[1:], rows[0]]])
    expected = synchronised_pairs(ave.labels[rows][..., -1] == 0)
    np.testing.assert_array_equal(y["distances"], expected[0])
    np.testing.assert_array_equal(weight["distances"], expected[1])

    x, y, weight = pair_dataset(ave, "train_match", pairs="official", batch_size=5)[0]
    assert len(x["audio"]) == len(y["distances"]) == len(weight["distances"]) == 5
    _, y = pair_dataset(ave, "train_match", learns="views", negatives="within", batch_size=5)[0]
    np.testing.assert_array_equal(y["views"][..., 0], ave.labels[ave.split("train_match")[:5]][..., -1] == 0)


def test_order_is_a_function_of_seed_and_epoch(folder):
    ave = AVE.from_directory(folder)
    first, second = (pair_dataset(ave, "train_match", shuffle=True, seed=1) for _ in range(2))
    first.on_epoch_end()
    second.set_epoch(1)
    assert first.rows.tolist() == second.rows.tolist() != ave.split("train_match").tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pairs": "any"}, r"'pairs'.*'synchronised', 'official'.*found 'any'"),
        ({"negatives": "none"}, r"'negatives'.*'within', 'across', 'both'.*found 'none'"),
        ({"learns": "labels"}, r"'learns'.*'distances', 'views'"),
    ],
)
def test_bad_options(folder, options, message):
    with pytest.raises(AVEError, match=message):
        pair_dataset(AVE.from_directory(folder), "train_match", **options)
