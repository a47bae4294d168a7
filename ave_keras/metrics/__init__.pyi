from .attention_scores import attention_mass as attention_mass
from .attention_scores import pointing_game as pointing_game
from .attention_scores import source_area as source_area
from .bootstrap import bootstrap_interval as bootstrap_interval
from .confusion import confusion_matrix as confusion_matrix
from .segment_accuracy import SegmentAccuracy as SegmentAccuracy
