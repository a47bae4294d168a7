import keras
import numpy as np
import pytest

import ave_keras
from ave_keras.features import encode
from ave_keras.localization.features import second_features
from ave_keras.localization.result import Localization
from ave_keras.localization.windows import windows_of
from ave_keras.metrics import with_temperature
from ave_keras.models import files
from tests import small
from tests.ave_keras.features.films import tone, write_film
from tests.encoders import Sight, Sound

SHAPES = {"audio_dim": 6, "visual_shape": (3, 2, 4), "num_classes": 3}
NAMES = ("Bark", "Violin, fiddle")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Seven seconds."""
    pytest.importorskip("av")
    folder = tmp_path_factory.mktemp("film")
    return write_film(folder / "a dög.mp4", np.arange(35) / 5, sound=tone(7)[None])


@pytest.mark.parametrize(
    ("seconds", "length", "rows", "window", "offset"),
    [
        (3, 3, [[0, 1, 2]], [0, 0, 0], [0, 1, 2]),
        (2, 4, [[0, 1, 1, 1]], [0, 0], [0, 1]),
        (7, 3, [[0, 1, 2], [3, 4, 5], [4, 5, 6]], [0, 0, 0, 1, 1, 1, 2], [0, 1, 2, 0, 1, 2, 2]),
    ],
)
def testwindows_of(seconds, length, rows, window, offset):
    found = windows_of(seconds, length)
    assert (found.rows.tolist(), found.window.tolist(), found.offset.tolist()) == (rows, window, offset)
    np.testing.assert_array_equal(found.join(found.rows), np.arange(seconds))


def test_the_answer_is_that_of_the_model(film):
    """Seven seconds through a model of four: the second window ends with the film."""
    model = small.load("av_att", **SHAPES)
    found = ave_keras.localize(film, model, Sound(), Sight(), class_names=NAMES, truth=[("Meow", 1, 3)])
    features = encode(film, Sound(), Sight())
    halves = [{key: x[rows][None] for key, x in features.items()} for rows in (slice(0, 4), slice(3, 7))]
    first, second = (small.call(model, half)[0] for half in halves)
    np.testing.assert_allclose(found.probabilities, np.concatenate([first, second[1:]]), atol=1e-6)
    maps = [ave_keras.attention_maps(model, half)[0] for half in halves]
    np.testing.assert_allclose(found.attention, np.concatenate([maps[0], maps[1][1:]]), atol=1e-6)
    assert found.class_names == (*NAMES, "Background") and found.times.tolist() == list(range(7))
    assert found.truth == ("Background", "Meow", "Meow", *["Background"] * 4)
    # Two pictures a second, at its beginning and its middle.
    np.testing.assert_array_equal(found.picture_times, np.arange(7) + 0.25)
    assert found.notes == ("audio features: loudness, none needed", "visual features: colours, none needed")


def test_a_channel_is_chosen(tmp_path):
    pytest.importorskip("av")
    film = write_film(tmp_path / "stereo.mp4", np.arange(20) / 5, sound=np.stack([tone(4), 0 * tone(4)]))
    model = small.load("a", **SHAPES)
    found = ave_keras.localize(film, model, Sound(), downmix="left")
    expected = small.call(model, {"audio": encode(film, Sound(), None, downmix="left")["audio"][None]})[0]
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    assert not np.allclose(found.probabilities, ave_keras.localize(film, model, Sound()).probabilities, atol=1e-6)


def test_events():
    names = ("Bark", "Background")
    shares = np.array([[0.1, 0.9], [0.6, 0.4], [0.8, 0.2], [0.3, 0.7], [0.9, 0.1]])
    found = Localization("x", names, shares)
    assert found.classes == ("Background", "Bark", "Bark", "Background", "Bark")
    assert found.events == [("Bark", 1, 3, pytest.approx(0.7)), ("Bark", 4, 5, pytest.approx(0.9))]


def test_a_model_of_sound_alone_looks_at_no_picture(film):
    class Blind(Sight):
        def __call__(self, frames):
            raise AssertionError("nobody asked")

    found = ave_keras.localize(film, small.load("w_a", **SHAPES), Sound(), Blind())
    assert found.attention is None and found.probabilities.shape == (7, 3)
    assert found.class_names == ("class 0", "class 1", "Background")
    assert "does not contain class names" in found.notes[-1]


def test_a_file_says_its_classes_and_encoders(film, tmp_path):
    model = small.load("a", **SHAPES)
    model.save(tmp_path / "m.keras")
    assert files.read_metadata(tmp_path / "m.keras") == {} == files.read_metadata(tmp_path / "none.keras")
    plug_in = {"audio": {"encoder": "tests.encoders:Sound", "options": {"a": 1}}}
    files.write_metadata(tmp_path / "m.keras", class_names=NAMES, encoders=plug_in)
    assert keras.models.load_model(tmp_path / "m.keras").count_params() == model.count_params()
    found = ave_keras.localize(film, tmp_path / "m.keras", "tests.encoders:Sound", segments=4)
    assert found.class_names == (*NAMES, "Background") and len(found.classes) == 4
    # A file from somewhere names code; nothing is run before the reader says so.
    with pytest.raises(ave_keras.AVEError, match=r"trust it.*--audio-encoder tests\.encoders:Sound --audio-option a=1"):
        ave_keras.localize(film, tmp_path / "m.keras")


def test_a_temperature_in_the_file_changes_confidences_only(film, tmp_path):
    model = small.load("av_att", **SHAPES)
    model.save(tmp_path / "m.keras")
    plain = ave_keras.localize(film, tmp_path / "m.keras", Sound(), Sight())
    assert plain.temperature is None and plain.to_dict()["temperature"] is None
    files.write_metadata(tmp_path / "m.keras", temperature=2.5)
    found = ave_keras.localize(film, tmp_path / "m.keras", Sound(), Sight())
    np.testing.assert_allclose(found.probabilities, with_temperature(plain.probabilities, 2.5), atol=1e-6)
    assert found.classes == plain.classes and found.to_dict()["temperature"] == 2.5
    assert "confidences: with temperature 2.5, fitted after training" in found.notes
    files.add_metadata(tmp_path / "m.keras", {}, temperature=-1)
    with pytest.raises(ave_keras.AVEError, match=r"m\.keras, key 'temperature'\): expected a number above 0, found -1"):
        ave_keras.localize(film, tmp_path / "m.keras", Sound(), Sight())


def test_unknown_events_are_marked(film, tmp_path):
    """A second is marked if its features are far from the known ones and the model takes it for an event."""
    model = small.load("av_att", **SHAPES)
    # Certain of the first class, whatever it sees.
    model.get_layer("logits").set_weights([np.zeros((6, 3)), np.array([1.0, 0, 0])])
    model.save(tmp_path / "m.keras")
    x = {key: features[:4][None] for key, features in encode(film, Sound(), Sight()).items()}
    near = second_features(model, x)[0]
    thresholds = {"neighbours": 1e-3, "probability": 0.5}
    files.write_metadata(tmp_path / "m.keras", {"known_seconds": np.repeat(near[:1], 10, 0)}, unknown=thresholds)
    found = ave_keras.localize(film, tmp_path / "m.keras", Sound(), Sight(), unknown="neighbours")
    assert found.unknown_scores.shape == (7,) and found.unknown_scores[0] < 1e-3 and not found.unknown[0]
    np.testing.assert_array_equal(found.unknown, found.unknown_scores > 1e-3)
    assert found.to_dict()["unknown"] == found.unknown.tolist() and any("by neighbours" in n for n in found.notes)
    by_probability = ave_keras.localize(film, tmp_path / "m.keras", Sound(), Sight(), unknown="probability")
    assert by_probability.unknown.sum() == 0 and by_probability.unknown_scores[0] == pytest.approx(2 / (np.e + 2))
    with pytest.raises(ave_keras.AVEError, match=r"one of \('neighbours', 'probability'\), found 'energy'"):
        ave_keras.localize(film, tmp_path / "m.keras", Sound(), Sight(), unknown="energy")
    with pytest.raises(ave_keras.AVEError, match="a model in memory"):
        ave_keras.localize(film, model, Sound(), Sight(), unknown="neighbours")


def test_background_is_never_marked():
    shares = np.array([[0.1, 0.9], [0.6, 0.4]])
    found = Localization("x", ("Bark", "Background"), shares, unknown_scores=np.array([2.0, 2.0]), unknown_threshold=1)
    assert found.unknown.tolist() == [False, True]
    assert Localization("x", ("Bark", "Background"), shares).unknown.tolist() == [False, False]


def test_what_does_not_fit(film, tmp_path):
    model = small.load("av_att", **{**SHAPES, "audio_dim": 9})
    with pytest.raises(ave_keras.AVEError, match=r"'av_att'.*'loudness'.*\(9,\), as the model.*\(6,\) from loudness"):
        ave_keras.localize(film, model, Sound(), Sight())
    with pytest.raises(ave_keras.AVEError, match=r"'avdln' does not localize"):
        ave_keras.localize(film, small.load("avdln", **{**SHAPES, "segments": 4}), Sound(), Sight())
    with pytest.raises(ave_keras.AVEError, match="expected 2 names, without background, found 1"):
        ave_keras.localize(film, small.load("a", **SHAPES), Sound(), class_names=["Bark"])
    with pytest.raises(ave_keras.AVEError, match="video not found"):
        ave_keras.localize(tmp_path / "none.mp4", tmp_path / "none.keras")
    with pytest.raises(ave_keras.AVEError, match="model file not found"):
        ave_keras.localize(film, tmp_path / "none.keras")
