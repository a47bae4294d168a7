import numpy as np
import pytest

import ave_keras
import zoo
from tests import reference, small

ATTENDING = [name for name in zoo.list() if zoo.entry(name).model.get("attention")]


@pytest.mark.parametrize("name", ATTENDING)
def test_maps_equal_the_derivation(name):
    model = small.load(name)
    x, _ = small.batch(name)
    maps = ave_keras.attention_maps(model, x)
    assert maps.shape == (3, 4, 3, 2)
    weights = [np.float64(w) for w in model.get_layer("attention").get_weights()]
    cells = np.float64(x["visual"]).reshape(3, 4, 6, 8)
    np.testing.assert_allclose(
        maps.reshape(3, 4, 6), reference.attention(np.float64(x["audio"]), cells, weights), atol=1e-6
    )


def test_a_model_without_attention_says_so():
    with pytest.raises(ave_keras.AVEError, match=r"'av' has no attention.*zoo\.list\('\*att\*'\)"):
        ave_keras.attention_maps(small.load("av"), {})
