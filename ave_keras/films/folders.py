"""Folders of sounds and pictures as `Materials`."""

from __future__ import annotations

import functools
import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ave_keras.data.layout import SPLITS
from ave_keras.errors import AVEError, first_line
from ave_keras.features.decoding.sound import decode_sound
from ave_keras.films.made import Made
from ave_keras.films.made.sounds import RATE, scaled

SOUNDS = (".wav", ".flac", ".ogg", ".mp3")
PICTURES = (".jpg", ".jpeg", ".png")
# Sounds are read up to this many seconds; shorter ones than SHORTEST, and quieter ones than QUIET, are refused.
LONGEST, SHORTEST, QUIET = 60, 0.1, 1e-3
# Seconds between the places at which a long recording may start.
STEP = 0.25
# A pause lasts longer than twice MARGIN seconds, and each WINDOW of it is PAUSE decibels quieter than the loudest one.
PAUSE, WINDOW, MARGIN = 20, 0.05, 0.1


class Folders:
    """Sounds and pictures of one's own, `Materials`; files of train, val and test are disjoint.

    `sounds/<class>/*.wav|flac|ogg|mp3` and `pictures/<class>/*.jpg|png` have the same classes. Objects are cut out by
    the transparency of their pictures; others are rectangles. Pauses are cut out of sounds, so that no second is
    silent. Sounds shorter than a film repeat; of longer ones the part is used in which the quietest second is loudest.

    Args:
        sounds: The folder of the sounds.
        pictures: The folder of the pictures.
        backgrounds: A folder of pictures, of which the middle square is used; drawn backgrounds by default.
        ambience: A folder of sounds; made noise by default.
        shares: The shares of the files for train, val and test; each gets one at least.

    Raises:
        AVEError: A class has no sounds or no pictures, or a name that annotations cannot have; a folder has fewer than
            three files; a file is broken, silent or shorter than 0.1 s. All files are read for that.
    """

    def __init__(
        self,
        sounds: str | Path,
        pictures: str | Path,
        backgrounds: str | Path | None = None,
        ambience: str | Path | None = None,
        shares: Sequence[float] = (0.7, 0.1, 0.2),
    ):
        folders = {"sound": _classes(sounds, SOUNDS), "picture": _classes(pictures, PICTURES)}
        for kind, other in (("sound", "picture"), ("picture", "sound")):
            if lacking := sorted(folders[kind].keys() - folders[other].keys()):
                raise AVEError(f"no {other}s of a class", key=lacking[0], expected=f"a folder {other}s/{lacking[0]}")
        self.classes = tuple(sorted(folders["sound"]))
        self.sources = f"sounds and pictures of {', '.join(self.classes)} from folders"
        files = {(kind, label): found for kind, by_class in folders.items() for label, found in by_class.items()}
        for kind, folder, suffixes in (("background", backgrounds, PICTURES), ("ambience", ambience, SOUNDS)):
            if folder is not None:
                files[kind, ""] = _files(Path(folder), suffixes)
        self._files = {key: _split(found, shares) for key, found in files.items()}
        self._made = Made()
        for (kind, _), splits in self._files.items():
            for file in (file for part in splits.values() for file in part):
                (_open if kind in ("picture", "background") else _recording)(file)

    def picture(self, label: str, split: str, rng: np.random.Generator, side: int) -> np.ndarray:
        """A picture of the class, `(h, w, 4)` uint8, RGBA; the longer side has `side` pixels."""
        image = _open(self._choose("picture", label, split, rng))
        image = image.crop(image.getchannel("A").point(lambda alpha: 255 * (alpha > 127)).getbbox())
        scale = side / max(image.size)
        width, height = (max(1, round(scale * n)) for n in image.size)
        return np.array(image.resize((width, height), Image.Resampling.LANCZOS))

    def sound(self, label: str, split: str, rng: np.random.Generator, seconds: int) -> np.ndarray:
        """A sound of the class, `(seconds · RATE,)` float32."""
        return scaled(_fitted(_without_pauses(_recording(self._choose("sound", label, split, rng))), seconds))

    def background(self, split: str, rng: np.random.Generator, size: int) -> np.ndarray:
        """A background, `(size, size, 3)` uint8."""
        if ("background", "") not in self._files:
            return self._made.background(split, rng, size)
        image = _open(self._choose("background", "", split, rng)).convert("RGB")
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        return np.array(image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.LANCZOS))

    def ambience(self, split: str, rng: np.random.Generator, seconds: int) -> np.ndarray:
        """Sound around the objects, `(seconds · RATE,)` float32."""
        if ("ambience", "") not in self._files:
            return self._made.ambience(split, rng, seconds)
        return scaled(_fitted(_recording(self._choose("ambience", "", split, rng)), seconds))

    def _choose(self, kind, label, split, rng):
        files = self._files[kind, label][split]
        return files[int(rng.integers(len(files)))]


def _classes(folder, suffixes):
    """`{class: files}` of the folders in a folder."""
    folder = Path(folder)
    if not folder.is_dir():
        raise AVEError("folder not found", file=folder, expected="a folder for each class")
    inner = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    if len(inner) < 2:
        raise AVEError("too few classes", file=folder, expected="a folder for each of two or more", found=len(inner))
    for path in inner:
        if "&" in path.name or path.name == "Background":
            expected = "no & and not Background, which means no event"
            raise AVEError("this folder's name cannot be a class", file=path, expected=expected)
    return {path.name: _files(path, suffixes) for path in inner}


def _files(folder, suffixes):
    if not folder.is_dir():
        raise AVEError("folder not found", file=folder)
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in suffixes and not p.name.startswith("."))
    if len(files) < len(SPLITS):
        raise AVEError(
            "too few files",
            file=folder,
            expected=f"three or more of {', '.join(suffixes)}, as no file may be in two of train, val and test",
            found=len(files),
        )
    return files


def _split(files, shares):
    """`{split: files}`; by the sha256 of their names, so that a further file moves no other."""
    order = sorted(files, key=lambda file: hashlib.sha256(file.name.encode()).hexdigest())
    held = [max(1, round(len(order) * share / sum(shares))) for share in shares[1:]]
    held = [min(n, (len(order) - 1) // 2) for n in held]
    val, test = order[: held[0]], order[held[0] : sum(held)]
    return {"train": order[sum(held) :], "val": val, "test": test}


@functools.lru_cache(256)
def _open(file):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as image:
                # Deep grey pictures would be clipped, not scaled.
                deep = image.mode.startswith("I")
                image = Image.fromarray((np.array(image) >> 8).astype("uint8")) if deep else image
                image = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise AVEError("cannot read this picture", file=file, found=first_line(error)) from error
    image.thumbnail((1024, 1024))
    if not np.any(np.array(image.getchannel("A")) > 127):
        raise AVEError("this picture is transparent everywhere", file=file)
    return image


@functools.lru_cache(256)
def _recording(file):
    sound = decode_sound(file, RATE, LONGEST * RATE)
    if sound is None or len(sound) < SHORTEST * RATE:
        found = "no sound" if sound is None else f"{len(sound) / RATE:.2f} s"
        raise AVEError("this sound is too short", file=file, expected=f"{SHORTEST} s or more", found=found)
    if np.abs(sound).max() < QUIET:
        raise AVEError("this sound is silent", file=file, found=f"a peak of {np.abs(sound).max():.1e}")
    return sound[: LONGEST * RATE]


def _without_pauses(sound):
    size = round(WINDOW * RATE)
    windows = np.resize(np.square(sound, dtype="float64"), (-(-len(sound) // size), size)).mean(axis=1)
    loud = windows > windows.max() * 10 ** (-PAUSE / 10)
    margin = round(MARGIN / WINDOW)
    kept = np.convolve(loud, np.ones(2 * margin + 1), "same") > 0
    return sound[np.repeat(kept, size)[: len(sound)]]


def _fitted(sound, seconds):
    """`(seconds · RATE,)`: the sound repeated, or the part of it whose quietest second is loudest."""
    needed = seconds * RATE
    if len(sound) <= needed:
        return np.resize(sound, needed)
    starts = np.arange(0, len(sound) - needed + 1, round(STEP * RATE))
    energy = np.concatenate([[0], np.cumsum(np.square(sound, dtype="float64"))])
    edges = starts[:, None] + RATE * np.arange(seconds + 1)
    quietest = np.diff(energy[edges], axis=1).min(axis=1)
    start = starts[int(np.argmax(quietest))]
    return sound[start : start + needed]
