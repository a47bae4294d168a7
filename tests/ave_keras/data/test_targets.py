import numpy as np
import pytest

from ave_keras import AVEError
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
