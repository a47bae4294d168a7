"""Videos encoded one after another, in this process or in several others."""

import multiprocessing
import os
import queue
import threading
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from types import SimpleNamespace

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.gpus import growth

_job = None


class Job:
    """What has to be done to each video; it travels to other processes, where the encoders are made.

    Args:
        audio: `(name, options)` of the audio encoder.
        visual: of the visual encoder.
        parts: the `Parts` to write.
        segments: T.
        dtype: of the features on disk.
        silent: see `encode`.
        decoder: see `encode`.
    """

    def __init__(self, audio, visual, parts, segments, dtype, silent, decoder):
        self.audio, self.visual, self.parts, self.segments = audio, visual, parts, segments
        self.dtype, self.silent, self.decoder = dtype, silent, decoder

    def start(self):
        """Makes the encoders."""
        from ave_keras.features import encoders

        name, options = self.audio
        self._audio = encoders.audio_encoder(name, **options)
        name, options = self.visual
        self._visual = encoders.visual_encoder(name, **options)
        return self

    def needs(self):
        """What `decode` must know of the two encoders: light, for processes that have none."""
        visual = SimpleNamespace(size=tuple(self._visual.size), frames_per_second=self._visual.frames_per_second)
        return SimpleNamespace(rate=self._audio.rate), visual

    def decode(self, path, audio, visual):
        """Sound and blocks of pictures, see `encoders.read`, for encoders or what `needs` gives."""
        from ave_keras.features.encoders import read

        return read(path, audio, visual, self.segments, silent=self.silent, decoder=self.decoder)

    def encode(self, path, sound, blocks):
        """`{"audio", "visual"}` of what `decode` gave, in the type of the disk."""
        from ave_keras.features.encoders import features

        made = features(path, self._audio, self._visual, sound, blocks)
        with np.errstate(over="ignore"):
            made = {key: value.astype(self.dtype) for key, value in made.items()}
        if not all(np.isfinite(value).all() for value in made.values()):
            raise AVEError("a feature does not fit float16", file=path, fix="Use --dtype float32")
        return made

    def __call__(self, path, digest):
        """Encodes a video into its part; returns None, or the reason why not."""

        def whole():
            self.parts.write(digest, self.encode(path, *self.decode(path, self._audio, self._visual)))

        return attempt(path, whole)[1]


def attempt(path, call):
    """What a call for a video gives, and None; or None, and the reason why it failed."""
    try:
        return call(), None
    except AVEError as error:
        return None, str(error)
    except Exception as error:
        return None, f"{path}: {''.join(traceback.format_exception_only(error)).strip()}"


def died(path):
    """The reason of a video that took its process down."""
    return f"{path}: the process that read it died"


def run(job, videos, workers, done):
    """Does the job for all videos.

    A video that takes its process down costs that video only.

    Args:
        job: a `Job`.
        videos: `[(path, digest)]`.
        workers: number of processes; 0 does it in this one.
        done: called with the path and the reason of failure, or None, after each, from any thread.
    """
    if not workers:
        job.start()
        for path, digest in videos:
            done(path, job(path, digest))
        return
    waiting = queue.SimpleQueue()
    for video in videos:
        waiting.put(video)
    with ThreadPoolExecutor(workers) as threads:
        for slot in [threads.submit(_slot, job, waiting, done) for _ in range(min(workers, len(videos)))]:
            slot.result()


def _slot(job, waiting, done):
    """One process at a time, replaced when it dies."""
    process = None
    try:
        while True:
            try:
                path, digest = waiting.get_nowait()
            except queue.Empty:
                return
            if process is None:
                context = multiprocessing.get_context("spawn")
                process = ProcessPoolExecutor(1, context, initializer=_begin)
                # Encoders that cannot be made are no video's fault.
                process.submit(_start, job).result()
            try:
                done(path, process.submit(_work, path, digest).result())
            except BrokenProcessPool:
                done(path, died(path))
                process = None
    finally:
        if process is not None:
            process.shutdown(cancel_futures=True)


def _begin():
    """Ends this process with its parent, which may be killed without a word; leaves room on a GPU for the others."""
    os.environ.update(growth())

    def watch():
        wait([multiprocessing.parent_process().sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _start(job):
    global _job
    _job = job.start()


def _work(path, digest):
    return _job(path, digest)
