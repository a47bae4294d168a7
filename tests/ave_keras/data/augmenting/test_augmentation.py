import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.data.augmenting.augmentation import Augmentation

VIDEOS, SECONDS, CLASSES = 12, 10, 3


@pytest.fixture
def labels(rng):
    """`(segments, videos)` of videos with an event of three to ten seconds, four of each class."""
    segments = np.zeros((VIDEOS, SECONDS, CLASSES + 1), "float32")
    for video in range(VIDEOS):
        length = rng.integers(3, SECONDS + 1)
        start = rng.integers(0, SECONDS - length + 1)
        segments[video, start : start + length, video % CLASSES] = 1
    segments[..., -1] = 1 - segments.sum(axis=-1)
    videos = segments.max(axis=1)
    videos[:, -1] = 0
    return segments, videos


@pytest.fixture
def features():
    """Features that say which video and second they are of."""
    return np.stack(np.indices((VIDEOS, SECONDS)), axis=-1)


def changed(batch, name):
    own = np.indices((VIDEOS, SECONDS))
    return (batch.sources[name] != own).any(axis=0)


def test_nothing_changes_without_shares(labels, rng):
    batch = Augmentation()(*labels, rng)
    np.testing.assert_array_equal(batch.segments, labels[0])
    assert not changed(batch, "audio").any() and not changed(batch, "visual").any()


@pytest.mark.parametrize("change", ["shift", "paste", "remix", "swap", "swap_visual", "swap_videos"])
def test_labels_follow_from_the_sources(labels, features, rng, change):
    """What a label must be is derived here from where sound and picture come from, not from the code."""
    segments, videos = labels
    classes, seen = segments.argmax(axis=-1), 0
    for _ in range(20):
        batch = Augmentation(**{change: 0.7})(segments, videos, rng)
        (av, at), (vv, vt) = (np.moveaxis(batch.gather(name, features), -1, 0) for name in ("audio", "visual"))
        heard, looked = classes[av, at], classes[vv, vt]
        together = (av == vv) & (at == vt)
        found = batch.segments.argmax(axis=-1)
        # Seconds of one origin have its label. An event of another pair is one that both parts have, never more.
        np.testing.assert_array_equal(found[together], heard[together])
        apart = found[~together]
        assert ((apart == CLASSES) | ((apart == heard[~together]) & (apart == looked[~together]))).all()
        np.testing.assert_array_equal(batch.segments.sum(axis=-1), 1)
        moved = changed(batch, "audio") | changed(batch, "visual")
        seen += moved.any(axis=1).sum()
        if change != "swap_videos":
            np.testing.assert_array_equal(batch.segments[..., :-1].max(axis=1), segments[..., :-1].max(axis=1))
            np.testing.assert_array_equal(batch.videos, videos)
        else:
            whole = moved.all(axis=1)
            np.testing.assert_array_equal(batch.videos[whole], np.eye(CLASSES + 1)[[-1] * whole.sum()])
            np.testing.assert_array_equal(batch.videos[~whole], videos[~whole])
    assert seen > 20


def test_swap_takes_another_class_and_remix_the_same(labels, rng):
    segments, videos = labels
    for change, same in (("swap", False), ("remix", True)):
        batch = Augmentation(**{change: 1.0})(segments, videos, rng)
        for name in ("audio", "visual"):
            video = batch.sources[name][0]
            own = np.broadcast_to(np.arange(VIDEOS)[:, None], video.shape)
            moved = video != own
            assert moved.any()
            assert ((video % CLASSES == own % CLASSES)[moved] == same).all()


def test_swap_visual_leaves_the_sound(labels, rng):
    segments, videos = labels
    batch = Augmentation(swap_visual=1.0)(segments, videos, rng)
    assert not changed(batch, "audio").any()
    moved = changed(batch, "visual")
    assert (batch.segments[moved].argmax(axis=-1) == CLASSES).all()
    assert moved[segments[..., -1] == 0].any()
    np.testing.assert_array_equal(batch.segments[~moved], segments[~moved])


def test_weak_change_ignores_the_labels_of_seconds(labels, rng):
    segments, videos = labels
    wrong = np.roll(segments, 4, axis=1)
    first = Augmentation(swap_videos=0.6)(segments, videos, np.random.default_rng(3))
    second = Augmentation(swap_videos=0.6)(wrong, videos, np.random.default_rng(3))
    for name in first.sources:
        np.testing.assert_array_equal(first.sources[name], second.sources[name])
    np.testing.assert_array_equal(first.videos, second.videos)


def test_batches_depend_on_seed_and_epoch_only(synthetic_ave):
    def batches(seed, epoch):
        data = synthetic_ave.dataset(
            "train", batch_size=8, seed=seed, shuffle=True, augment={"swap": 1.0, "shift": 0.5}
        )
        data.set_epoch(epoch)
        return data[1]

    (x, y), (again, same) = batches(0, 3), batches(0, 3)
    np.testing.assert_array_equal(x["visual"], again["visual"])
    np.testing.assert_array_equal(y, same)
    assert (batches(0, 4)[1] != y).any() and (batches(1, 3)[1] != y).any()


@pytest.fixture(scope="module")
def synthetic_ave():
    return AVE.synthetic(56, classes=4, visual_shape=(2, 2, 8))


def test_weights_follow_the_changed_labels(synthetic_ave):
    weight = {"Background": 7.0}
    data = synthetic_ave.dataset("train", batch_size=16, augment={"swap": 1.0}, class_weight=weight)
    _, y, weights = data[0]
    np.testing.assert_array_equal(weights == 7, y.argmax(axis=-1) == 4)


def test_one_class_and_one_video_stay(rng):
    segments = np.tile(np.float32([1, 0]), (3, 4, 1))
    for part in (segments, segments[:1]):
        batch = Augmentation(paste=1, remix=1, swap=1, swap_visual=1, swap_videos=1)(part, None, rng)
        np.testing.assert_array_equal(batch.segments, part)


@pytest.mark.parametrize(
    "shares", [{"swap": 1.5}, {"swap": -0.1}, {"swap": True}, {"swap": "0.5"}, {"swop": 0.5}, {}, 3]
)
def test_invalid_shares(shares):
    with pytest.raises(AVEError, match="augment"):
        Augmentation.from_dict(shares)


def test_stale_targets_are_refused(synthetic_ave):
    with pytest.raises(AVEError, match="earlier batches"):
        synthetic_ave.dataset("train", task={"similarity": "similarity_stale"}, augment={"swap": 0.5})
