"""`python -m tests.ave_keras.checkpoints.fuzz FOLDER SECONDS` reads corrupted files and prints how many it tried."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from ave_keras import AVEError, checkpoints
from tests.ave_keras.checkpoints import hostile

LIMIT_SECONDS, LIMIT_BYTES = 5, 256 << 20


def main(folder, seconds, seed=0):
    """Reads mutations of valid files; any exception other than AVEError ends the program."""
    _limit_memory()
    rng, files, tried, refused = np.random.default_rng(seed), list(hostile.valid().items()), 0, 0
    until = time.monotonic() + seconds
    os.chdir(folder)
    while time.monotonic() < until:
        name, content = files[tried % len(files)]
        file = Path(folder) / name
        file.write_bytes(hostile.mutated(content, rng))
        tried += 1
        signal.alarm(LIMIT_SECONDS)
        try:
            checkpoints.read(file)
        except AVEError:
            refused += 1
        except BaseException:
            print(f"seed {seed}, file {tried}: {file.read_bytes()!r}", file=sys.stderr)
            raise
        signal.alarm(0)
    assert {f.name for f in Path(folder).iterdir()} <= {name for name, _ in files}
    print(tried, refused)


def _limit_memory():
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + LIMIT_BYTES,) * 2)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
