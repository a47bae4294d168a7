"""Encodes videos on a Ray cluster: tasks decode on CPUs, actors encode on GPUs, and failed nodes are retried."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from ave_keras.errors import AVEError, first_line
from ave_keras.features.extraction.job import attempt, crash_reason
from ave_keras.features.extraction.ray_tasks import Encoder, decode
from ave_keras.runtime.cluster import ATTEMPTS, connect, marker_file, require_room, resources

if TYPE_CHECKING:
    from ave_keras.features.extraction.job import Job

PACKAGE = Path(__file__).parents[2]
# The share of the object store for decoded videos; other work needs the rest, and Ray spills the overflow to disk.
STORE_SHARE = 0.5


@dataclass(frozen=True)
class RayExecutor:
    """Replaces `local.run` on any number of nodes that have the videos and weights at the same paths as this machine.

    A node that shares the folder of parts writes them; the driver writes the features of all other nodes.

    Args:
        address: The cluster's address, see `cluster.connect`.
        gpus: The GPUs per encoder, such as 0.25. With 0, each node runs one encoder and keeps one CPU for decoding.
    """

    address: str | None
    gpus: float = 0

    def run(self, job: Job, videos: Sequence[tuple[Path, str]], done: Callable[[Path, str | None], object]) -> None:
        """Runs the job on all videos, see `local.run`; `done` is called from this thread.

        Raises:
            AVEError: The cluster is not reachable or too small, or a node cannot run the job.
        """
        with connect(self.address, {"KERAS_BACKEND": keras.backend.backend()}, [PACKAGE]) as ray:
            require_room(ray, "an encoder", "--gpus-per-worker", 0, self.gpus)
            require_room(ray, "decoding", None, 1, 0)
            with marker_file(job.parts.folder.absolute()) as marker:
                _Run(ray, job, videos, done, marker, self.gpus).finish()


class _Run:
    """The state of a run. At most `limit` videos are decoded or being decoded, so that they fit in the object store."""

    def __init__(self, ray, job, videos, done, marker, gpus):
        self.ray, self.job, self.done, self.limit = ray, job, done, 0
        self.waiting, self.decoded, self.idle = deque((*video, 1) for video in videos), deque(), []
        self.left, self.held, self.running = len(videos), 0, {}
        # Decoding uses no backend, and Keras' NumPy backend starts fastest.
        numpy = {"env_vars": {"KERAS_BACKEND": "numpy"}}
        task = ray.remote(num_cpus=1, max_retries=ATTEMPTS - 1, num_returns=2, runtime_env=numpy)
        self.decode, self.common = task(decode).remote, (job, str(Path.cwd()))
        self.encoders, cpus = _encoders(resources(ray), gpus)
        actor = ray.remote(num_cpus=cpus, num_gpus=gpus)(Encoder)
        self.encoder = lambda: actor.remote(*self.common, marker)
        for _ in range(min(self.encoders, len(videos))):
            self._start(1)

    def finish(self):
        """Runs until every video has been reported."""
        while self.left:
            self._submit()
            (ref,), _ = self.ray.wait(list(self.running))
            handle, *context = self.running.pop(ref)
            handle(ref, *context)

    def _submit(self):
        while self.waiting and self.held < self.limit:
            video = self.waiting.popleft()
            report, decoded = self.decode(*video[:2], self.specs, *self.common)
            self.running[report], self.held = (self._end_decoding, video, decoded), self.held + 1
        while self.decoded and self.idle:
            video, decoded = self.decoded.popleft()
            encoder = self.idle.pop()
            self.running[encoder.encode.remote(*video[:2], decoded)] = self._end_encoding, video, encoder

    def _start(self, attempts):
        encoder = self.encoder()
        self.running[encoder.start.remote()] = self._end_start, encoder, attempts

    def _end_start(self, ref, encoder, attempts):
        try:
            self.specs, caught = self._get(ref)
        except self.ray.exceptions.RayError as error:
            if attempts == ATTEMPTS:
                raise AVEError("the encoders crash on the Ray cluster", found=first_line(error)) from error
            return self._start(attempts + 1)
        _warn(caught)
        self.idle.append(encoder)
        total = self.ray.cluster_resources()
        room = STORE_SHARE * total.get("object_store_memory", 0) // _size(self.specs, self.job.segments)
        self.limit = int(max(1, min(2 * self.encoders + total["CPU"], room)))

    def _end_decoding(self, ref, video, decoded):
        try:
            failure, caught = self._get(ref)
        except self.ray.exceptions.RayError:
            failure, caught = crash_reason(video[0]), []
        _warn(caught)
        if failure:
            self._end(video, failure)
        else:
            self.decoded.append((video, decoded))

    def _end_encoding(self, ref, video, encoder):
        path, digest, attempts = video
        try:
            features, failure = self._get(ref)
        except self.ray.exceptions.RayError:
            # A new encoder replaces it. The video is decoded again: its frames may be lost with the node.
            self._start(1)
            if attempts == ATTEMPTS:
                return self._end(video, crash_reason(path))
            self.held -= 1
            return self.waiting.appendleft((path, digest, attempts + 1))
        self.idle.append(encoder)
        if features is not None:
            _, failure = attempt(path, lambda: self.job.parts.write(digest, features))
        self._end(video, failure)

    def _end(self, video, failure):
        self.held, self.left = self.held - 1, self.left - 1
        self.done(video[0], failure)

    def _get(self, ref):
        """A result. An exception on a node, unless the node died, is not the fault of a video and ends the run."""
        try:
            return self.ray.get(ref)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, self.ray.exceptions.RayError):
                raise error.cause from error
            if isinstance(error.cause, AVEError):
                raise error.cause from None
            raise AVEError(
                "a Ray node failed",
                found=first_line(error.cause),
                fix="Install the same packages on all nodes, including the extra `video`",
            ) from error


def _encoders(nodes, gpus):
    """`(number of encoders, CPUs of each)`."""
    if gpus:
        # An encoder that uses part of a GPU never spans two GPUs.
        share = int(1 / gpus + 1e-9)
        return sum(int(n.get("GPU", 0) * share if share else n.get("GPU", 0) // gpus) for n in nodes), 0
    sizes = [n["CPU"] for n in nodes if n.get("CPU")]
    return len(sizes), max(0, int(min(sizes)) - 1)


def _size(specs, segments):
    """Bytes of a decoded video."""
    audio, visual = specs
    return segments * (4 * audio.rate + 3 * visual.frames_per_second * int(np.prod(visual.size)))


def _warn(texts):
    for text in texts:
        warnings.warn(text, stacklevel=2)
