import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.data import AVE
from ave_keras.data.targets import OFF, TARGETS, Targets


def labels():
    """Three videos of four seconds and two classes: an event of two seconds, of one, and none."""
    classes = np.array([[2, 1, 1, 2], [2, 2, 2, 0], [2, 2, 2, 2]])
    return np.float32(np.eye(3)[classes]), np.float32(np.eye(3)[[1, 0, 0]])


def test_targets_by_hand():
    expected = {
        "segments": labels()[0],
        "video": labels()[1],
        "video_classes": [[0, 1], [1, 0], [1, 0]],
        "event": [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]],
        "category": [[0, 1], [1, 0], [1, 0]],
        "similarity": [[0, 0.5, 0.5, 0], [0, 0, 0, 1], [0.25] * 4],
        "similarity_or_zero": [[0, 0.5, 0.5, 0], [0, 0, 0, 1], [0] * 4],
        "similarity_stale": [[0, 0.5, 0.5, 0], [0, 0, 0, 1], [0.25] * 4],
        "proportions": [[0, 0.5, 0.5], [0.25, 0, 0.75], [0, 0, 1]],
        "unused": [[0], [0], [0]],
    }
    assert expected.keys() == TARGETS.keys()
    found = Targets({name: name for name in expected})(*labels())
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=2e-6, err_msg=name)
        assert found[name].dtype == "float32", name


def test_a_target_that_starts_later():
    targets = Targets({"segments": "segments", "contrast": ("event", 2)})
    for epoch in range(4):
        y = targets(*labels(), epoch)
        np.testing.assert_array_equal(y["segments"], labels()[0])
        assert (y["contrast"] == OFF).all() == (epoch < 2)


def test_tasks():
    segments, videos = labels()
    assert Targets("supervised")(segments, None) is segments
    assert list(Targets("weak")(segments, videos)) == ["video", "segments"]
    assert list(Targets("proposals")(segments, None)) == ["proposals", "segments"]
    with pytest.raises(AVEError, match=r"unknown task .*expected one of \('supervised', .* found 'other'"):
        Targets("other")
    with pytest.raises(AVEError, match=r"unknown target \(key 'event'\).*found 'evnt'"):
        Targets({"event": "evnt"})


def test_stale_targets_by_replaying_the_released_buffer():
    """One row of the buffer per place in a batch, written where the fresh target is not 0, and never cleared."""
    ave = AVE.synthetic(40, classes=4, audio_dim=3, visual_shape=(1, 1, 2), seed=1)

    def dataset():
        targets = {"similarity": "similarity_stale", "segments": "segments"}
        return ave.dataset("train", modalities=["audio"], task=targets, batch_size=8, shuffle=True, drop_remainder=True)

    found, buffer = dataset(), np.zeros((8, 10))
    stale = 0
    for epoch in range(3):
        found.set_epoch(epoch)
        for n in range(len(found)):
            _, y = found[n]
            for place, labels in enumerate(y["segments"]):
                active = np.flatnonzero(labels[:, :-1].max(axis=1))
                if len(active):
                    buffer[place, active] = 1 / len(active)
                else:
                    buffer[place] = 1 / 10
            np.testing.assert_allclose(y["similarity"], buffer, rtol=1e-6)
            stale += (y["similarity"].sum(axis=1) > 1.01).sum()
    assert stale > 10
    # A resumed training replays the epochs before.
    resumed = dataset()
    resumed.set_epoch(2)
    np.testing.assert_array_equal(resumed[1][1]["similarity"], found[1][1]["similarity"])


def test_the_released_order_of_psp():
    ave = AVE.synthetic(40, classes=4, audio_dim=3, visual_shape=(1, 1, 2), seed=1)
    data = ave.dataset("train", modalities=["audio"], batch_size=8, shuffle="first_batch")
    orders = []
    for epoch in range(2):
        data.set_epoch(epoch)
        orders.append(data.rows)
        np.testing.assert_array_equal(data.rows[8:], ave.split("train")[8:])
    assert list(orders[0][:8]) != list(orders[1][:8])
