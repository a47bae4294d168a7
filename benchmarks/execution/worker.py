"""A worker process: reads cells from stdin and writes events to stdout, both as lines of JSON.

It exits when stdin is closed, even in the middle of a cell, so that no worker outlives its driver.
"""

import json
import os
import queue
import sys
import threading


def main():
    """Runs cells until stdin is closed."""
    # Libraries may print to stdout, so it is redirected to stderr and events use a separate descriptor.
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    tasks = queue.Queue()
    threading.Thread(target=_read, args=(tasks,), daemon=True).start()

    def send(**event):
        events.write(json.dumps(event) + "\n")

    attempt = prepare()
    send(event="ready")
    while True:
        send(**attempt(tasks.get(), send))


def prepare():
    """Sets up the backend, and imports Keras for the first time; returns the function `attempt`."""
    from benchmarks.execution.cell import run_cell
    from benchmarks.execution.devices import hide_gpu_from_tensorflow, keep_compiled, limit_threads, make_deterministic
    from benchmarks.grid.cells import SeedGroup, from_dict
    from benchmarks.results.files import CannotWrite, describe
    from benchmarks.results.store import Store

    limit_threads(int(os.environ["AVE_KERAS_THREADS"]))
    if os.environ.get("AVE_KERAS_DETERMINISTIC"):
        make_deterministic()
    hide_gpu_from_tensorflow()

    def attempt(task, send):
        """Runs the cell of `task` and sends an event per epoch; returns the last event."""
        try:
            cell, store = from_dict(task["cell"]), Store(task["store"])
            keep_compiled(store.folder / "compiled")
            run = _run_group if isinstance(cell, SeedGroup) else run_cell
            record = run(cell, task["data"], store, lambda epoch, logs: send(event="epoch", epoch=epoch, logs=logs))
        except CannotWrite as error:
            return {"event": "unwritable", "error": str(error)}
        except Exception as error:
            return {"event": "failed", "error": describe(error)}
        accuracy = record and record[f"{cell.cells[0].score}_accuracy"]
        return {"event": "done" if record else "busy", "accuracy": accuracy}

    return attempt


def _run_group(*args):
    """Calls `vectorized_seeds.run_group`; imported late, since it needs JAX."""
    from benchmarks.execution.vectorized_seeds import run_group

    return run_group(*args)


def _read(tasks):
    for line in sys.stdin:
        tasks.put(json.loads(line))
    os._exit(0)


if __name__ == "__main__":
    main()
