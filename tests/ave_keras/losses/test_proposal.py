import keras
import numpy as np
import pytest

from ave_keras.losses import ProposalLoss
from tests.reference import softmax

K, T = 3, 6
WINDOWS = [(s, e) for s in range(T) for e in range(s + 1, T + 1)]


def labels(*events):
    y = np.full((len(events), T), K)
    for row, (c, s, e) in zip(y, events, strict=True):
        row[s:e] = c
    return np.eye(K + 1, dtype="float32")[y]


def by_groups(events, scores):
    """The loss with lists of foreground, background and incomplete windows."""
    right, background, complete, incomplete, smooth = [], [], [], [], []
    for (c, s, e), video in zip(events, scores, strict=True):
        for (a, b), row in zip(WINDOWS, video, strict=True):
            log_p = np.log(softmax(row[: K + 1]))
            inside = max(0, min(b, e) - max(a, s))
            iou = inside / ((b - a) + (e - s) - inside)
            own = row[K + 1 + c]
            if iou >= 0.7:
                right.append(-log_p[c])
                complete.append(max(0, 1 - own))
                target = np.array([((s + e) - (a + b)) / 2 / (b - a), np.log((e - s) / (b - a))])
                x = np.abs(row[2 * K + 1 + 2 * c : 2 * K + 3 + 2 * c] - target)
                smooth.append(np.where(x < 1, x * x / 2, x - 0.5).sum())
            elif iou < 0.01:
                background.append(-log_p[K])
            elif iou < 0.3:
                incomplete.append(max(0, 1 + own))
    hard = sorted(incomplete)[::-1][: int(np.ceil(0.17 * len(incomplete)))]
    hinge = (np.mean(complete) + 6 * 0.17 * np.mean(hard)) / (1 + 6 * 0.17)
    return (np.mean(right) + np.mean(background)) / 2 + 0.1 * hinge + 0.1 * np.mean(smooth)


def test_value_and_reload(rng):
    events = [(0, 1, 3), (2, 0, 2), (1, 3, 6)]
    scores = np.float32(rng.normal(size=(3, len(WINDOWS), 4 * K + 1)))
    loss = keras.losses.deserialize(keras.losses.serialize(ProposalLoss()))
    np.testing.assert_allclose(float(loss(labels(*events), scores)), by_groups(events, np.float64(scores)), rtol=1e-5)


def test_no_event_is_background_only(rng):
    scores = np.float32(rng.normal(size=(1, len(WINDOWS), 4 * K + 1)))
    expected = -np.log(softmax(np.float64(scores[0, :, : K + 1])))[:, K].mean() / 2
    np.testing.assert_allclose(float(ProposalLoss()(labels((0, 0, 0)), scores)), expected, rtol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="150 epochs, fastest on JAX")
def test_training_finds_the_events(rng):
    """Scores trained only with the loss decode to the labels."""
    events = [(0, 1, 3), (2, 0, 2), (1, 3, 6), (2, 2, 6)]
    x, y = np.eye(4, dtype="float32"), labels(*events)
    inputs = keras.Input((4,))
    size = len(WINDOWS) * (4 * K + 1)
    scores = keras.layers.Reshape((len(WINDOWS), 4 * K + 1))(keras.layers.Dense(size, use_bias=False)(inputs))
    model = keras.Model(inputs, scores)
    model.compile(keras.optimizers.Adam(0.1), ProposalLoss())
    model.fit(x, y, batch_size=4, epochs=150, verbose=0)
    from ave_keras.layers import ProposalDecoding

    decoded = keras.ops.convert_to_numpy(ProposalDecoding(K + 1)(model.predict(x, verbose=0)))
    np.testing.assert_array_equal(decoded.argmax(-1), y.argmax(-1))
