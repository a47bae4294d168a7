"""Encodes videos in this process or in worker processes."""

from __future__ import annotations

import multiprocessing
import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Protocol

from ave_keras.features.extraction.job import crash_reason
from ave_keras.runtime.gpus import memory_growth

_job = None


class VideoJob(Protocol):
    """Work for each video, such as a `Job`, which other processes can run."""

    def start(self) -> Any:
        """Creates what the work needs in this process; returns itself."""

    def __call__(self, path: Path, digest: str, /) -> str | None:
        """Works on a video; returns None or the reason for failure."""


def run(
    job: VideoJob, videos: Sequence[tuple[Path, str]], workers: int, done: Callable[[Path, str | None], object]
) -> None:
    """Runs the job on all videos.

    If a video crashes its worker process, only that video fails.

    Args:
        job: The `Job`, or another one that starts and works alike.
        videos: The list of `(path, digest)`, the arguments of the job.
        workers: The number of worker processes; 0 encodes in this process.
        done: Called after each video, from any thread, with the path and the reason for failure or None.
    """
    if not workers:
        job.start()
        for path, digest in videos:
            done(path, job(path, digest))
        return
    waiting: queue.SimpleQueue[tuple[Path, str]] = queue.SimpleQueue()
    for video in videos:
        waiting.put(video)
    with ThreadPoolExecutor(workers) as threads:
        for slot in [threads.submit(_slot, job, waiting, done) for _ in range(min(workers, len(videos)))]:
            slot.result()


def _slot(job, waiting, done):
    """Runs one worker process at a time and replaces it when it dies."""
    process = None
    try:
        while True:
            try:
                path, digest = waiting.get_nowait()
            except queue.Empty:
                return
            if process is None:
                context = multiprocessing.get_context("spawn")
                process = ProcessPoolExecutor(1, context, initializer=_initialize)
                # An error of the encoders is not the fault of a video: it ends the run.
                process.submit(_start, job).result()
            try:
                done(path, process.submit(_work, path, digest).result())
            except BrokenProcessPool:
                done(path, crash_reason(path))
                process = None
    finally:
        if process is not None:
            process.shutdown(cancel_futures=True)


def _initialize():
    """Ends this process when its parent dies, and leaves GPU memory for the other processes."""
    os.environ.update(memory_growth())

    def exit_with_parent():
        wait([multiprocessing.parent_process().sentinel])
        os._exit(1)

    threading.Thread(target=exit_with_parent, daemon=True).start()


def _start(job):
    global _job
    _job = job.start()


def _work(path, digest):
    return _job(path, digest)
