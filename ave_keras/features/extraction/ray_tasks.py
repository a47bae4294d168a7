"""What runs on the nodes of a Ray cluster for `ray_work`: decoding, and an actor that encodes."""

import os
import platform
import warnings
from pathlib import Path

from ave_keras.errors import AVEError
from ave_keras.features.extraction.job import attempt
from ave_keras.features.extraction.parts import video_sha256


class Encoder:
    """An actor with the encoders; made in `start`, so that what is wrong with them is told by it."""

    def __init__(self, job, folder, seen):
        self.job, self.folder, self.seen = job, folder, seen

    def start(self):
        """`(what Job.needs gives, warnings)`."""
        _enter(self.folder)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            self.job.start()
        return self.job.needs(), _texts(heard)

    def encode(self, path, digest, shown):
        """`(features, failure)`; features only where the driver must write them."""
        # What comes out of the object store is read-only, which an encoder need not expect.
        sound, blocks = shown[0].copy(), (block.copy() for block in shown[1])
        made, failure = attempt(path, lambda: self.job.encode(path, sound, blocks))
        if failure or not self.seen.is_file():
            return made, failure
        return attempt(path, lambda: self.job.parts.write(digest, made))


def decode(path, digest, needs, job, folder):
    """A task: `(failure, warnings)`, and `(sound, blocks)`."""
    _enter(folder)
    _refuse_other(path, digest)

    def whole():
        sound, blocks = job.decode(path, *needs)
        return sound, list(blocks)

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        shown, failure = attempt(path, whole)
    return (failure, _texts(heard)), shown


def _refuse_other(path, digest):
    try:
        found = "another file" if video_sha256(path) != digest else None
    except (AVEError, OSError) as error:
        found = "nothing" if isinstance(error, AVEError) else error.strerror
    if found:
        raise AVEError(
            "a video is not there on a node of the Ray cluster",
            file=path,
            expected="the video of this machine",
            found=f"{found} on {platform.node()}",
            fix="Put the videos on a file system that all nodes share, or copy them to the same path on each of them",
        )


def _enter(folder):
    """Relative paths mean the same as where the command was given, if the node has that folder."""
    if Path(folder).is_dir():
        os.chdir(folder)


def _texts(heard):
    return [str(warning.message) for warning in heard if issubclass(warning.category, UserWarning)]
