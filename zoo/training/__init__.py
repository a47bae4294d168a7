"""Training by an entry's recipe; the benchmark and the command line share it."""

from zoo.evaluation.segments import segment_probabilities
from zoo.training.fitting import eval_dataset, fit, train_dataset, validation_epochs
from zoo.training.uncertainty import calibrate

__all__ = ["calibrate", "eval_dataset", "fit", "segment_probabilities", "train_dataset", "validation_epochs"]
