"""Videos encoded on a Ray cluster: tasks decode on CPUs, actors encode on GPUs; tried again where a node dies."""

import warnings
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.extraction.job import attempt, died
from ave_keras.features.extraction.ray_tasks import Encoder, decode
from ave_keras.runtime.cluster import ATTEMPTS, connect, mark, refuse_small, resources

PACKAGE = Path(__file__).parents[2]
# Of the object store, which other work needs too; what does not fit there goes to disk.
SHARE = 0.5


@dataclass(frozen=True)
class RayExecutor:
    """The place of `work.run`: any number of nodes, where videos and weights lie at the same path as here.

    Where a node sees the folder of parts, it writes them; where it does not, features come back and are written here.

    Args:
        address: see `cluster.connect`.
        gpus: of an encoder, such as 0.25. With 0 there is one encoder per node, which leaves one CPU to decoding.
    """

    address: str | None
    gpus: float = 0

    def run(self, job, videos, done):
        """Does the job for all videos, see `work.run`; `done` is called from this thread.

        Raises:
            AVEError: no such cluster, no room on it, or a node on which the job cannot be done.
        """
        with connect(self.address, {"KERAS_BACKEND": keras.backend.backend()}, [PACKAGE]) as ray:
            refuse_small(ray, "an encoder", "--gpus-per-worker", 0, self.gpus)
            refuse_small(ray, "decoding", None, 1, 0)
            with mark(job.parts.folder.absolute()) as seen:
                _Run(ray, job, videos, done, seen, self.gpus).finish()


class _Run:
    """The videos under way. At most `limit` are decoded or being decoded, so that they fit in the object store."""

    def __init__(self, ray, job, videos, done, seen, gpus):
        self.ray, self.job, self.done, self.limit = ray, job, done, 0
        self.waiting, self.decoded, self.idle = deque((*video, 1) for video in videos), deque(), []
        self.left, self.held, self.flying = len(videos), 0, {}
        # Keras' NumPy backend starts in no time, and decoding needs none.
        numpy = {"env_vars": {"KERAS_BACKEND": "numpy"}}
        task = ray.remote(num_cpus=1, max_retries=ATTEMPTS - 1, num_returns=2, runtime_env=numpy)
        self.decode, self.common = task(decode).remote, (job, str(Path.cwd()))
        self.encoders, cpus = _encoders(resources(ray), gpus)
        actor = ray.remote(num_cpus=cpus, num_gpus=gpus)(Encoder)
        self.encoder = lambda: actor.remote(*self.common, seen)
        for _ in range(min(self.encoders, len(videos))):
            self._start(1)

    def finish(self):
        """Returns when every video has been told."""
        while self.left:
            self._submit()
            (ref,), _ = self.ray.wait(list(self.flying))
            then, *facts = self.flying.pop(ref)
            then(ref, *facts)

    def _submit(self):
        while self.waiting and self.held < self.limit:
            video = self.waiting.popleft()
            report, shown = self.decode(*video[:2], self.needs, *self.common)
            self.flying[report], self.held = (self._end_decoding, video, shown), self.held + 1
        while self.decoded and self.idle:
            video, shown = self.decoded.popleft()
            encoder = self.idle.pop()
            self.flying[encoder.encode.remote(*video[:2], shown)] = self._end_encoding, video, encoder

    def _start(self, attempts):
        encoder = self.encoder()
        self.flying[encoder.start.remote()] = self._end_start, encoder, attempts

    def _end_start(self, ref, encoder, attempts):
        try:
            self.needs, heard = self._get(ref)
        except self.ray.exceptions.RayError as error:
            if attempts == ATTEMPTS:
                raise AVEError("the encoders die on the Ray cluster", found=_first(error)) from error
            return self._start(attempts + 1)
        _warn(heard)
        self.idle.append(encoder)
        total = self.ray.cluster_resources()
        room = SHARE * total.get("object_store_memory", 0) // _size(self.needs, self.job.segments)
        self.limit = int(max(1, min(2 * self.encoders + total["CPU"], room)))

    def _end_decoding(self, ref, video, shown):
        try:
            failure, heard = self._get(ref)
        except self.ray.exceptions.RayError:
            failure, heard = died(video[0]), []
        _warn(heard)
        if failure:
            self._end(video, failure)
        else:
            self.decoded.append((video, shown))

    def _end_encoding(self, ref, video, encoder):
        path, digest, attempts = video
        try:
            made, failure = self._get(ref)
        except self.ray.exceptions.RayError:
            # The next one takes its place; what was decoded may have been lost with the node.
            self._start(1)
            if attempts == ATTEMPTS:
                return self._end(video, died(path))
            self.held -= 1
            return self.waiting.appendleft((path, digest, attempts + 1))
        self.idle.append(encoder)
        if made is not None:
            _, failure = attempt(path, lambda: self.job.parts.write(digest, made))
        self._end(video, failure)

    def _end(self, video, failure):
        self.held, self.left = self.held - 1, self.left - 1
        self.done(video[0], failure)

    def _get(self, ref):
        """A result; what a node raises, other than that it died, is no video's fault."""
        try:
            return self.ray.get(ref)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, self.ray.exceptions.RayError):
                raise error.cause from error
            if isinstance(error.cause, AVEError):
                raise error.cause from None
            raise AVEError(
                "a node of the Ray cluster cannot do this",
                found=_first(error.cause),
                fix="Install the same packages there as here, the extra `video` too",
            ) from error


def _encoders(nodes, gpus):
    """How many there can be, and the CPUs of each."""
    if gpus:
        # Encoders of less than a GPU never lie across two.
        share = int(1 / gpus + 1e-9)
        return sum(int(n.get("GPU", 0) * share if share else n.get("GPU", 0) // gpus) for n in nodes), 0
    sizes = [n["CPU"] for n in nodes if n.get("CPU")]
    return len(sizes), max(0, int(min(sizes)) - 1)


def _size(needs, segments):
    """Bytes of a decoded video."""
    audio, visual = needs
    return segments * (4 * audio.rate + 3 * visual.frames_per_second * int(np.prod(visual.size)))


def _warn(texts):
    for text in texts:
        warnings.warn(text, stacklevel=2)


def _first(error):
    return str(error).strip().splitlines()[0]
