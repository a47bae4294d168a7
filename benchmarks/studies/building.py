"""Checks that every arm of a study builds, before hours of training; runs as a program, in a process of its own.

It reads `[[name, entry, protocol, model, recipe, spec], …]` from standard input, and prints `{"name", "error"}` of the
first arm that does not build, or an empty object.
"""

import json
import os
import subprocess
import sys

from ave_keras.errors import AVEError


def check_arms(study, arms, specs, backend):
    """Builds and compiles every arm for every data set, in another process.

    Args:
        study: The `Study`.
        arms: Its `Arm`s.
        specs: The shapes of the data sets, as `AVE.spec` has them.
        backend: The Keras backend.

    Raises:
        AVEError: An arm does not build; the error names it, and what the builder said.
    """
    tasks = [(arm.name, arm.entry, study.protocol, arm.model, arm.recipe, spec) for arm in arms for spec in specs]
    env = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
    argv = [sys.executable, "-m", "benchmarks.studies.building"]
    done = subprocess.run(argv, input=json.dumps(tasks), env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AVEError("checking the arms of a study failed", key=study.name, found="\n" + done.stderr[-2000:])
    failed = json.loads(done.stdout.splitlines()[-1])
    if failed:
        expected = "levels that the builder and the recipe accept"
        found = failed["error"].rstrip(".")
        raise AVEError(
            "an arm of this study does not build", file=study.file, key=failed["name"], expected=expected, found=found
        )


def first_failure(tasks):
    """`{"name", "error"}` of the first of the tasks that does not build, or `{}`."""
    import keras

    import zoo
    from benchmarks.results.files import describe

    for name, entry, protocol, model, recipe, spec in tasks:
        keras.backend.clear_session()
        try:
            zoo.load(entry, protocol=protocol, recipe=recipe, **model, **spec)
        except Exception as error:
            return {"name": name, "error": describe(error).strip().splitlines()[-1]}
    return {}


if __name__ == "__main__":
    print(json.dumps(first_failure(json.load(sys.stdin))))
