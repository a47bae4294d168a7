"""The provenance of a record: software, machine and commit."""

import datetime
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = ("ave-keras", "keras", "numpy", "tensorflow", "tensorflow-cpu", "jax", "torch")


def provenance():
    """The versions, backend, device, threads, machine, commit and time to store in a record."""
    import keras

    from benchmarks.execution.devices import device, tf32

    return {
        "versions": {"python": platform.python_version(), **_versions()},
        "backend": keras.backend.backend(),
        "device": device(),
        "tf32": tf32(),
        "deterministic": bool(os.environ.get("AVE_KERAS_DETERMINISTIC")),
        "threads": int(os.environ.get("AVE_KERAS_THREADS", os.cpu_count())),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "commit": os.environ.get("AVE_KERAS_COMMIT") or commit(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _versions():
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def commit():
    """The commit of this checkout, with `+changes` if files are modified; empty outside a checkout."""
    here = Path(__file__)

    def git(*args):
        done = subprocess.run(["git", *args], cwd=here.parent, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        # An installed copy may be inside another project's repository.
        if not git("ls-files", here.name):
            return ""
        return git("rev-parse", "--short=12", "HEAD") + ("+changes" if git("status", "--porcelain", "-uno") else "")
    except OSError:
        return ""
