"""Pictures, drawn without a display."""

from ave_keras.plots.evaluation import evaluation_figure
from ave_keras.plots.localization import attention_figure, overlay, strip_figure, timeline_figure
from ave_keras.plots.saving import save
from ave_keras.plots.statistics import statistics_figure

__all__ = [
    "attention_figure",
    "evaluation_figure",
    "overlay",
    "save",
    "statistics_figure",
    "strip_figure",
    "timeline_figure",
]
