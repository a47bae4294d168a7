from .diagram import diagram_figure as diagram_figure
from .evaluation import evaluation_figure as evaluation_figure
from .localization import attention_figure as attention_figure
from .localization import overlay as overlay
from .localization import strip_figure as strip_figure
from .localization import timeline_figure as timeline_figure
from .saving import save as save
from .statistics import statistics_figure as statistics_figure
