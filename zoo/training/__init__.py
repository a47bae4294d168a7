"""Training by an entry's recipe; the benchmark and the command line share it."""

from zoo.evaluation.segments import segment_probabilities
from zoo.training.fitting import eval_dataset, fit, train_dataset, validation_epochs

__all__ = ["eval_dataset", "fit", "segment_probabilities", "train_dataset", "validation_epochs"]
