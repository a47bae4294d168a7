"""Pictures, drawn without a display."""

from ave_keras.plots.statistics import statistics_figure

__all__ = ["statistics_figure"]
