"""The benchmark harness: runs grids of training cells, stores their results and prints the paper's tables."""

import os
from pathlib import Path

# Silences TensorFlow's five start-up lines; must be set before TensorFlow is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

#: The folder that contains the packages `benchmarks`, `zoo` and `ave_keras`.
ROOT = Path(__file__).parents[1]
