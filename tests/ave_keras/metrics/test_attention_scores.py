import numpy as np
import pytest

from ave_keras.errors import AVEError
from ave_keras.metrics import attention_mass, pointing_game, source_area


def derived(maps, mask):
    """Pointing game, mass and area, with loops over the cells."""
    hits, masses, areas = [], [], []
    for weights, source in zip(maps.reshape(-1, *maps.shape[2:]), mask.reshape(-1, *mask.shape[2:]), strict=True):
        cells = [(float(weights[i, j]), bool(source[i, j])) for i, j in np.ndindex(source.shape)]
        if not any(on for _, on in cells):
            continue
        top = max(w for w, _ in cells)
        tied = [on for w, on in cells if w == top]
        hits.append(sum(tied) / len(tied))
        masses.append(sum(w for w, on in cells if on))
        areas.append(sum(on for _, on in cells) / len(cells))
    return [sum(values) / len(values) for values in (hits, masses, areas)]


def test_equal_the_derivation(rng):
    maps = rng.dirichlet(np.ones(6) / 2, (5, 4)).reshape(5, 4, 3, 2)
    mask = (rng.random((5, 4, 3, 2)) < 0.3).astype("uint8")
    mask[0] = 0
    maps[1, 0] = 1 / 6
    found = [pointing_game(maps, mask), attention_mass(maps, mask), source_area(mask)]
    np.testing.assert_allclose(found, derived(maps, mask), rtol=1e-12)
    assert 0.1 < found[0] < 0.9


def test_uniform_attention_is_at_chance_level(rng):
    mask = rng.random((3, 4, 3, 2)) < 0.4
    uniform = np.full(mask.shape, 1 / 6, "float32")
    assert pointing_game(uniform, mask) == pytest.approx(source_area(mask))
    assert attention_mass(uniform, mask) == pytest.approx(source_area(mask))


def test_perfect_and_wrong_attention(rng):
    mask = np.zeros((2, 3, 2, 2), bool)
    mask[:, 1, 0, 1] = True
    assert pointing_game(mask / 1, mask) == attention_mass(mask / 1, mask) == 1
    assert pointing_game(1 - mask, mask) == attention_mass(1 - mask, mask) == 0


def test_no_source_and_invalid_shapes():
    nothing = np.zeros((1, 2, 2, 2))
    assert np.isnan(pointing_game(nothing, nothing)) and np.isnan(source_area(nothing))
    with pytest.raises(AVEError, match=r"expected .*\(1, 2, 2, 2\), found \(1, 2, 2, 3\)"):
        pointing_game(np.zeros((1, 2, 2, 3)), nothing)
