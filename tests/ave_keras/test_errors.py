import pickle

import pytest

from ave_keras import AVEError
from benchmarks.results.files import CannotWrite


@pytest.mark.parametrize(
    "error",
    [
        AVEError("bad", file="x.h5", key="k", expected=1, found=2, fix="Fix it"),
        CannotWrite("here", OSError(28, "full")),
    ],
)
def test_pickled_errors_keep_their_message(error):
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is type(error) and str(found) == str(error)
    assert found.__dict__ == error.__dict__
    assert isinstance(found, ValueError)


def test_the_message_skips_missing_parts():
    assert str(AVEError("bad")) == "bad."
    assert str(AVEError("bad", key="k", found=3)) == "bad (key 'k'): found 3."
    assert str(AVEError("bad", file="f", expected="x", found="y", fix="Do")) == "bad (f): expected x, found y. Do"
