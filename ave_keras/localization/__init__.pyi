from .attention import attention_maps as attention_maps
from .attention import attention_model as attention_model
from .attention import has_attention as has_attention
from .pipeline import localize as localize
from .result import Localization as Localization
