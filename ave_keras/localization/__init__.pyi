from .attention import attends as attends
from .attention import attention_maps as attention_maps
from .attention import attention_model as attention_model
from .pipeline import localize as localize
from .result import Localization as Localization
