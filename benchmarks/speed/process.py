"""Runs a measurement in a process of its own, with the environment of the grid's workers."""

import json
import os
import subprocess
import sys

from ave_keras.errors import AVEError
from benchmarks.execution.local_executor import KEEP_MEMORY


def in_own_process(module, task, backend, **env):
    """Runs a module of measurements as a program.

    Args:
        module: Its dotted name. It prints its result as JSON; an error that it expects is its last line on stderr.
        task: Its arguments, with the `name` of the entry.
        backend: The backend.
        **env: Further environment variables.

    Returns:
        The result.

    Raises:
        AVEError: The program failed.
    """
    argv = [sys.executable, "-m", module, json.dumps(task, default=str)]
    env = {**KEEP_MEMORY, **os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2", **env}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if not done.returncode:
        return json.loads(done.stdout.splitlines()[-1])
    last = next(reversed(done.stderr.splitlines()), "")
    if last.startswith("error: "):
        raise AVEError(last.removeprefix("error: ").removesuffix("."))
    raise AVEError(f"measuring '{task['name']}' failed", found="\n" + done.stderr[-2000:])
