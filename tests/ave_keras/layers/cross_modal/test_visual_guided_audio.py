import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.layers import VisualGuidedAudio
from tests.attention_reference import KEY_BIAS, attention, normalized
from tests.kit import check_layer
from tests.reference import sigmoid


def guided(weights, audio, visual, psi):
    context = normalized(audio + attention(audio, audio, weights[:6]), *weights[6:8])
    return audio * (1 + psi * sigmoid(attention(visual, context, weights[8:])))


def test_contract(rng):
    inputs = np.float32(rng.normal(size=(2, 4, 6))), np.float32(rng.normal(size=(2, 4, 8)))
    count = 5 * (6 * 6 + 6) + (8 * 6 + 6) + 12
    layer = VisualGuidedAudio(0.3, dropout=0.0)
    check_layer(layer, inputs, lambda w, a, v: guided(w, a, v, 0.3), weights=count, silent=KEY_BIAS)


def test_released_sizes():
    layer = VisualGuidedAudio()
    layer.build((None, 10, 128), (None, 10, 512))
    assert layer.count_params() == 148_480


def test_invalid_inputs():
    with pytest.raises(AVEError, match="psi"):
        VisualGuidedAudio(float("inf"))
    with pytest.raises(AVEError, match=r"audio \(\.\.\., T, d_a\) and visual"):
        VisualGuidedAudio().build((2, 4, 6), (2, 5, 8))
