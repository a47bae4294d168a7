"""The harness: what to run, how to store it, how to print it."""

import os
from pathlib import Path

# TensorFlow greets every process with five lines; this must stand before it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

#: The folder that Python finds `benchmarks`, `zoo` and `ave_keras` in.
ROOT = Path(__file__).parents[1]
