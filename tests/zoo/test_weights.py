"""The tags: what `weights.yaml` says of them is what their files say."""

import numpy as np
import pytest

import zoo
from ave_keras import AVEError
from ave_keras.localization import known_classes
from ave_keras.models.files import read_metadata, read_model
from zoo.weights import DEFAULT, FILE, model_file

MOST_BYTES = 3 << 20


@pytest.mark.parametrize(("tag", "found"), zoo.weights().items())
def test_a_tag_says_what_its_files_say(tag, found):
    published = found.open()
    manifest = published.manifest
    assert (published.entry, published.shapes, published.address) == (
        found.entry,
        {key: tuple(value) if isinstance(value, list) else value for key, value in found.shapes.items()},
        tag,
    )
    assert (manifest["data"], manifest["scores"]["data"], manifest["license"]) == (
        found.data,
        found.data,
        found.license,
    )
    assert (manifest["scores"]["metrics"], manifest["scores"]["references"]) == (found.scores, found.references)
    assert any("ave-keras train" in command for command in found.commands)
    if not found.address.startswith("hf://"):
        assert sum(path.stat().st_size for path in published.folder.iterdir()) < MOST_BYTES


def test_lists():
    assert list(zoo.weights("av_att")) == list(zoo.weights("concat_late")) == [DEFAULT]
    assert zoo.weights("dcca") == {}
    with pytest.raises(AVEError, match="unknown entry"):
        zoo.weights("av_at")


def test_the_shipped_weights_give_the_same_on_every_backend():
    x = {"audio": np.ones((1, 10, 128), "float32"), "visual": np.ones((1, 10, 7, 7, 64), "float32")}
    found = zoo.load(FILE.parent / "pretrained/made-films", compile=False).predict_on_batch(x)
    # On PyTorch, in a process of its own.
    np.testing.assert_allclose(found[0, 0, :3], [2.0517641e-01, 1.5700208e-04, 7.9049879e-01], rtol=1e-4)


def test_shapes_come_with_the_tag(rng):
    x = {"audio": np.float32(rng.normal(size=(1, 10, 128))), "visual": np.float32(rng.random((1, 10, 7, 7, 64)))}
    model = zoo.load("av_att", weights=DEFAULT)
    shipped = read_model(model_file(DEFAULT))
    np.testing.assert_array_equal(model.predict_on_batch(x), shipped.predict_on_batch(x))
    assert model.optimizer is not None
    assert zoo.load("concat_late", weights=DEFAULT, num_classes=9, visual_shape=[7, 7, 64], compile=False).built
    metadata = read_metadata(model_file(DEFAULT))
    assert {key: found["encoder"] for key, found in metadata["encoders"].items()} == {
        "audio": "logmel",
        "visual": "patches",
    }
    assert metadata["temperature"] > 1 and known_classes(model_file(DEFAULT)).seconds.shape[1] == 64


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("av_att", {"num_classes": 5}, r"other shapes \(made-films, key 'num_classes'\): expected 9, found 5"),
        ("av_att", {"visual_shape": (7, 7, 512)}, "key 'visual_shape'"),
        ("av_att", {"protocol": "official"}, "another protocol"),
        ("dmrn_late", {}, r"another entry \(made-films\): expected dmrn_late, found av_att"),
        ("av_att", {"weights": "made-film"}, "Tags of 'av_att': made-films"),
    ],
)
def test_what_does_not_fit(name, options, message):
    with pytest.raises(AVEError, match=message):
        zoo.load(name, **{"weights": DEFAULT, **options})


def test_another_entry_starts_from_a_tag():
    shapes = {**zoo.weights()[DEFAULT].shapes, "num_classes": 4}
    model = zoo.load("dmrn_late", init_from=DEFAULT, **shapes, compile=False)
    source = read_model(FILE.parent / "pretrained/made-films/model.keras")
    pairs = zip(*(m.get_layer("attention").get_weights() for m in (model, source)), strict=True)
    for found, expected in pairs:
        np.testing.assert_array_equal(found, expected)
