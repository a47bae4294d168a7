"""Videos encoded one after another, in this process or in several others."""

import multiprocessing
import os
import queue
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from ave_keras.features.extraction.job import died
from ave_keras.runtime.gpus import growth

_job = None


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
