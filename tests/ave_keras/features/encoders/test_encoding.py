import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.features import AudioEncoder, VisualEncoder, audio_encoder, encode, visual_encoder
from tests.ave_keras.features import films, tiny

pytest.importorskip("av")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")


@pytest.fixture
def film(tmp_path):
    """Three seconds with a different picture every 0.05 s."""
    return films.write_film(tmp_path / "film.mp4", np.arange(60) / 20, sound=films.tone(3)[None])


def test_features_of_a_film(film):
    found = encode(film, tiny.Sound(), tiny.picture)
    assert {key: (value.shape, value.dtype.name) for key, value in found.items()} == {
        "audio": ((3, 4), "float32"),
        "visual": ((3, 2, 2, 3), "float32"),
    }
    np.testing.assert_allclose(found["audio"][:2, 0], 0.5 / np.sqrt(2), atol=0.02)
    from ave_keras.features import read_frames

    frames = read_frames(film, [1.0, 1.5], size=(32, 64)).reshape(1, 2, 32, 64, 3)
    np.testing.assert_array_equal(found["visual"][1], tiny.picture(frames)[0])


def test_long_films_are_encoded_in_blocks(film):
    with pytest.warns(UserWarning, match="the rest is silence"):
        found = encode(film, tiny.Sound(), tiny.picture, segments=20)
    assert found["visual"].shape == (20, 2, 2, 3) and not found["audio"][4:, 0].any()
    np.testing.assert_array_equal(found["visual"][5], found["visual"][19])


def test_custom_encoders_by_name():
    encoder = visual_encoder(tiny.VISUAL, gain=2.0)
    assert encoder.gain == 2.0 and isinstance(encoder, VisualEncoder) and isinstance(tiny.Sound(), AudioEncoder)
    assert visual_encoder(tiny.VISUAL.replace("Picture", "picture")) is tiny.picture


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "resnet",
            {},
            r"unknown encoder: expected one of \['vgg19', 'c3d', .*'patches'\], applications:NAME, .*found 'resnet'",
        ),
        ("no_such_module:x", {}, "encoder 'no_such_module:x' not found.*PYTHONPATH"),
        ("ave_keras.errors:x", {}, "encoder 'ave_keras.errors:x' not found"),
        ("ave_keras.data.events.splits:HELD_OUT", {}, "cannot create encoder.*0.1 is not a callable"),
        (tiny.VISUAL, {"depth": 3}, "cannot create encoder.*unexpected keyword argument 'depth'"),
        (tiny.AUDIO, {}, "not an encoder.*expected VisualEncoder, found no shape"),
    ],
)
def test_invalid_encoders(name, options, message):
    with pytest.raises(AVEError, match=message):
        visual_encoder(name, **options)
    with pytest.raises(AVEError, match=r"expected one of .'vggish'."):
        audio_encoder("vgg19")


def test_encoders_with_invalid_results(film):
    class Short(tiny.Picture):
        shape = (2, 2, 4)

    class Broken(tiny.Picture):
        def __call__(self, frames):
            return super().__call__(frames) * np.nan

    with pytest.raises(AVEError, match=r"returned the wrong shape .*expected \(3, 2, 2, 4\), found \(3, 2, 2, 3\)"):
        encode(film, tiny.Sound(), Short())
    with pytest.raises(AVEError, match="returned NaN or Inf"):
        encode(film, tiny.Sound(), Broken())
