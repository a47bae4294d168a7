"""The losses of PSP, CPSP and CACE-Net: derivations in NumPy float64, and the values of the released code."""

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.losses import PairSimilarity, SampleContrast, SupervisedContrastive
from ave_keras.losses.sample_propagation import segment_contrast


def reloaded(loss):
    return keras.losses.deserialize(keras.losses.serialize(loss))


def normalized(x):
    return np.float64(x) / np.linalg.norm(np.float64(x), axis=-1, keepdims=True)


def gradient(loss, y, x):
    """The gradient of a loss on any backend."""
    model = keras.Sequential([keras.Input(x.shape[1:]), Scale()])
    model.compile(keras.optimizers.SGD(1.0), loss)
    before = model.get_weights()[0]
    model.train_on_batch(x, y)
    return before - model.get_weights()[0]


class Scale(keras.layers.Layer):
    """Adds a weight of the shape of an input."""

    def build(self, shape):
        self.shift = self.add_weight(shape=shape[1:], initializer="zeros")

    def call(self, x):
        return x + self.shift


@pytest.fixture
def labels(rng):
    """Six videos of five seconds and four columns: one all background, one all event, one with a single second."""
    classes, spans = [0, 2, 1, 2, 1, 0], [(1, 3), (0, 5), (2, 2), (4, 5), (0, 4), (2, 5)]
    labels = np.zeros((6, 5, 4), "float32")
    for n, (c, (start, end)) in enumerate(zip(classes, spans, strict=True)):
        labels[n, start:end, c] = 1
    labels[..., -1] = 1 - labels.max(axis=2)
    return labels


def test_pair_similarity(rng):
    cosine, target = np.float32(rng.uniform(-1, 1, (4, 5))), np.float32(rng.uniform(0, 1, (4, 5)))
    relu = np.maximum(np.float64(cosine), 0)
    expected = ((relu / (relu.sum(1, keepdims=True) + 1e-8) - target) ** 2).mean()
    np.testing.assert_allclose(float(reloaded(PairSimilarity())(target, cosine)), expected, rtol=1e-5)
    assert np.abs(gradient(PairSimilarity(), target, cosine)).min() >= 0


@pytest.mark.parametrize("neighbours", [1, 2, 9])
def test_video_contrast(rng, labels, neighbours):
    """Video by video; with nine neighbours, some are missing, and every video is far enough from the others."""
    features = np.float32(rng.normal(size=(6, 5, 7)))
    x = normalized(features).mean(axis=1)
    classes = labels[..., :-1].argmax(axis=2).max(axis=1)
    assert classes[2] == 0, "a video without an event counts as class 0, as in the released code"
    distances = np.sqrt(np.maximum(((x[:, None] - x) ** 2).sum(-1), 1e-12))
    expected = []
    for i in range(6):
        others = sorted(distances[i, classes != classes[i]])[:neighbours]
        others += [1e12] * (neighbours - len(others))
        expected.append(max(0, distances[i, classes == classes[i]].max() - np.mean(others) + 0.5))
    loss = reloaded(SampleContrast(0.5, neighbours))
    np.testing.assert_allclose(float(loss(labels, features)), np.mean(expected), rtol=1e-4, atol=1e-6)
    onehot = np.float32(np.eye(3)[classes])
    np.testing.assert_allclose(float(loss(onehot, features)), np.mean(expected), rtol=1e-4, atol=1e-6)


def test_a_batch_of_one(rng, labels):
    features = np.float32(rng.normal(size=(1, 5, 7)))
    assert float(SampleContrast()(labels[:1], features)) == 0
    assert np.isfinite(gradient(SampleContrast(segment_weight=1, segments="contrast"), labels[:1], features)).all()


def test_segment_contrast(rng, labels):
    features = np.float32(rng.normal(size=(6, 5, 7)))
    events = labels[..., :-1].max(axis=2)
    z = normalized(features)
    expected = []
    for n in range(6):
        own, rest = np.flatnonzero(events[n]), np.flatnonzero(1 - events[n])
        terms = []
        for i in own if len(own) > 1 and len(rest) else ():
            pull = sum(np.exp(z[n, i] @ z[n, j] / 0.6) for j in own if j != i)
            push = sum(np.exp(z[n, i] @ z[n, j] / 0.6) for j in rest)
            terms.append(-np.log(pull / (pull + push)))
        expected.append(np.mean(terms) if terms else 0)
    found = keras.ops.convert_to_numpy(segment_contrast(events, features, 0.6))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    loss = reloaded(SampleContrast(0, 1, 2.0, "contrast"))
    rest = float(SampleContrast(0, 1)(labels, features))
    with_event = np.array(expected)[events.max(axis=1) > 0].mean()
    np.testing.assert_allclose(float(loss(labels, features)) - rest, 2 * with_event, rtol=1e-4)
    term = gradient(loss, labels, features) - gradient(SampleContrast(0, 1), labels, features)
    assert np.abs(term).max() > 1e-4
    released = SampleContrast(0, 1, 2.0, "released")
    inert = gradient(released, labels, features) - gradient(SampleContrast(0, 1), labels, features)
    assert not inert.any(), "the released term has no gradient"


@pytest.mark.parametrize("scale", [1, 0.01])
def test_supervised_contrastive(rng, labels, scale):
    events = labels[..., :-1].max(axis=2)
    features = normalized(rng.normal(size=(6, 10, 7)))
    if scale < 1:
        # Nearly equal views, as in training: e^(1 / 0.01) overflows in float32.
        features[:, 5:] = normalized(features[:, :5] + scale * rng.normal(size=(6, 5, 7)))
    total = []
    for z, event in zip(features, np.tile(events, 2), strict=True):
        s = z @ z.T / 0.01
        for i in range(10):
            own = [j for j in range(10) if j != i and event[j]] if event[i] else [(i + 5) % 10]
            rest = [j for j in range(10) if j != i]
            total.append(np.log(len(own)) + np.logaddexp.reduce(s[i, rest]) - np.logaddexp.reduce(s[i, own]))
    loss = reloaded(SupervisedContrastive())
    np.testing.assert_allclose(float(loss(events, np.float32(features))), np.mean(total), rtol=1e-4, atol=1e-4)
    assert np.isfinite(gradient(loss, events, np.float32(features))).all()


def test_the_values_of_the_released_code(shared):
    with np.load(shared / "lineage" / "losses.npz") as file:
        given = {key: file[key] for key in file.files}
    labels, events, fusion = (np.float32(given[key]) for key in ("labels", "event_mask", "fusion"))
    target = events / (events.sum(axis=1, keepdims=True) + 1e-6)
    views = np.float32(np.concatenate([given["q"], given["k"]], axis=1))
    near, far = SampleContrast(0.2, 3), SampleContrast(0.6, 4)
    found = {
        "avps": PairSimilarity()(target, np.float32(given["cos"])),
        "video_contrastive_m02_k3": near(labels, fusion),
        "video_contrastive_m06_k4": far(labels, fusion),
        "segment_contrastive": SampleContrast(0.2, 3, 1.0)(labels, fusion) - near(labels, fusion),
        "cace_contrastive": SupervisedContrastive()(events, views),
        "bce_event": keras.losses.BinaryCrossentropy(from_logits=True)(events, np.float32(given["is_event"])),
        "bce_gate": keras.losses.BinaryCrossentropy(from_logits=True)(events, np.float32(given["gate"])),
    }
    for name, value in found.items():
        # float32 holds 54.28 to 4e-6.
        tolerance = 1e-5 * max(1, abs(float(given[name])))
        np.testing.assert_allclose(float(value), float(given[name]), rtol=0, atol=tolerance, err_msg=name)


def test_bad_arguments(labels, rng):
    with pytest.raises(
        AVEError, match=r"unknown form of SampleContrast .*expected released or contrast, found 'other'"
    ):
        SampleContrast(segments="other")
    loss = SampleContrast(segment_weight=1)
    with pytest.raises(AVEError, match="SampleContrast needs the labels of the seconds"):
        loss(np.eye(3, dtype="float32"), np.float32(rng.normal(size=(3, 5, 7))))
