"""The harness: what to run, how to store it, how to print it."""

import os

# TensorFlow greets every process with five lines; this must stand before it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
