import wave

import keras
import numpy as np
import pytest
from PIL import Image

from ave_keras import AVEError
from ave_keras.films import Folders, Recipe, compose
from ave_keras.films.made.sounds import RATE

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="needs no backend")
CLASSES = ("Horn", "Lamp")


def write_sound(path, samples, rate=16000):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(np.int16(32767 * np.clip(samples, -1, 1)).tobytes())


def tone(pitch, seconds, rate=16000):
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)


@pytest.fixture
def material(tmp_path):
    """Ten sounds and ten pictures of two classes; each file has its own pitch and its own color."""
    for c, label in enumerate(CLASSES):
        for n in range(10):
            write_sound(tmp_path / "sounds" / label / f"{n}.wav", tone(400 + 1000 * c + 20 * n, 0.5 + 0.6 * n))
            picture = np.zeros((40, 60 + n, 4), "uint8")
            picture[5:35, 10:50] = (20 * n, 255 * c, 100, 255)
            folder = tmp_path / "pictures" / label
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(folder / f"{n}.png")
    return tmp_path


def load(material, **options):
    return Folders(material / "sounds", material / "pictures", **options)


def test_materials(material):
    found, rng = load(material), np.random.default_rng(0)
    assert found.classes == CLASSES
    picture = found.picture("Lamp", "train", rng, 32)
    # Cut out of its transparent border; the longer side has the wanted size.
    assert picture.shape == (24, 32, 4) and (picture[..., 3] == 255).all() and (picture[..., 1] == 255).all()
    sound = found.sound("Horn", "train", rng, 4)
    assert sound.shape == (4 * RATE,) and np.sqrt(np.mean(sound**2)) == pytest.approx(1, abs=1e-3)
    spectrum = np.abs(np.fft.rfft(sound))
    assert 395 < spectrum.argmax() / 4 < 590


def test_files_of_splits_are_disjoint(material):
    found, rng = load(material), np.random.default_rng(0)
    colors = {
        split: {int(found.picture("Horn", split, rng, 16)[8, 8, 0]) for _ in range(100)}
        for split in ("train", "val", "test")
    }
    assert [len(colors[split]) for split in ("train", "val", "test")] == [7, 1, 2]
    assert not colors["train"] & colors["val"] and not colors["test"] & (colors["train"] | colors["val"])


def test_the_loudest_part_of_a_long_recording(material):
    """A recording of 8 s with sound from 3 to 6 s gives three seconds of sound."""
    for n in range(10):
        recording = np.concatenate([np.zeros(48000), tone(500, 3), np.zeros(32000)])
        write_sound(material / "sounds" / "Horn" / f"{n}.wav", recording)
    sound = load(material).sound("Horn", "train", np.random.default_rng(0), 3).reshape(3, RATE)
    assert (np.sqrt((sound**2).mean(axis=1)) > 0.9).all()


def test_films(material):
    recipe = Recipe(videos=6, background_videos=1, seconds=2, size=64, fps=4)
    made = compose(material / "films", recipe, load(material), workers=2)
    assert (made.films, made.background, made.failures) == (6, 1, {})


def test_backgrounds_and_ambience(material):
    for n in range(3):
        (material / "back").mkdir(exist_ok=True)
        Image.fromarray(np.full((30, 50, 3), 80 * n, "uint8")).save(material / "back" / f"{n}.jpg")
        write_sound(material / "around" / f"{n}.wav", tone(100 * (n + 1), 2))
    found = load(material, backgrounds=material / "back", ambience=material / "around")
    rng = np.random.default_rng(0)
    shades = {split: int(found.background(split, rng, 20).mean()) for split in ("train", "val", "test")}
    assert sorted(shades.values()) == [0, 80, 160]
    pitches = {int(np.abs(np.fft.rfft(found.ambience(s, rng, 2))).argmax() / 2) for s in shades}
    assert pitches == {100, 200, 300}


def test_large_pictures_are_made_smaller(material):
    for n in range(10):
        Image.fromarray(np.full((3000, 20, 3), 50, "uint8")).save(material / "pictures" / "Horn" / f"{n}.png")
    assert load(material).picture("Horn", "val", np.random.default_rng(0), 32).shape == (32, 1, 4)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m: [p.unlink() for p in (m / "sounds/Horn").iterdir()], r"sounds.Horn.*three or more.*found 0"),
        (lambda m: [p.unlink() for p in sorted((m / "pictures/Lamp").iterdir())[1:]], r"too few files.*Lamp.*found 1"),
        (lambda m: (m / "sounds/Lamp").rename(m / "sounds/Light"), r"no pictures of a class.*'Light'"),
        (lambda m: (m / "pictures/Horn/3.png").write_bytes(b"\x89PNG broken"), r"cannot read this picture.*3\.png"),
        (lambda m: write_sound(m / "sounds/Horn/3.wav", np.zeros(16000)), r"sound is silent.*3\.wav"),
        (lambda m: write_sound(m / "sounds/Horn/3.wav", tone(500, 0.05)), r"too short.*3\.wav.*0\.1 s.*0\.05 s"),
        (lambda m: (m / "sounds/Horn/3.wav").write_bytes(b"RIFF"), r"3\.wav"),
        (
            lambda m: Image.fromarray(np.zeros((9, 9, 4), "uint8")).save(m / "pictures/Horn/3.png"),
            r"transparent everywhere.*3\.png",
        ),
        (lambda m: (m / "sounds").rename(m / "noises"), r"folder not found.*sounds"),
    ],
)
def test_bad_material(material, spoil, message):
    spoil(material)
    with pytest.raises(AVEError, match=message):
        load(material)


@pytest.mark.parametrize("seconds", [3, 8])
def test_pauses_are_cut_out_so_that_every_second_is_heard(material, seconds):
    """A bark of half a second, padded with silence, or alone in a long recording."""
    for path in (material / "sounds" / CLASSES[0]).iterdir():
        silence = np.random.default_rng(0).normal(scale=1e-3, size=2 * RATE)
        write_sound(path, np.concatenate([silence, tone(500, 0.5, RATE), np.tile(silence, seconds)]), RATE)
    found = load(material)
    sound = found.sound(CLASSES[0], "train", np.random.default_rng(0), 5)
    levels = np.sqrt(np.square(sound.reshape(5, RATE)).mean(axis=1))
    assert levels.min() > 0.5 * levels.max()


@pytest.mark.parametrize("name", ["Bark & howl", "Background"])
def test_names_that_annotations_cannot_have(material, name):
    for kind in ("sounds", "pictures"):
        (material / kind / CLASSES[0]).rename(material / kind / name)
    with pytest.raises(AVEError, match=r"name cannot be a class.*which means no event"):
        load(material)


def test_photos_are_upright_and_deep_pictures_are_scaled(material):
    folder = material / "pictures" / CLASSES[0]
    for path in list(folder.iterdir()):
        path.unlink()
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in range(3):
        Image.new("RGB", (60, 20), "red").save(folder / f"{number}.jpg", exif=exif)
    assert load(material).picture(CLASSES[0], "train", np.random.default_rng(0), 60).shape == (60, 20, 4)
    for path in list(folder.iterdir()):
        path.unlink()
    ramp = np.linspace(0, 65535, 60 * 60).reshape(60, 60).astype("uint16")
    for number in range(3):
        Image.fromarray(ramp).save(folder / f"{number}.png")
    grey = load(material).picture(CLASSES[0], "train", np.random.default_rng(0), 60)[..., 0]
    assert np.abs(grey.astype(int) - (ramp >> 8)).max() <= 1
