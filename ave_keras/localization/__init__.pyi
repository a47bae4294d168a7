from .attention import attention_maps as attention_maps
from .attention import attention_model as attention_model
from .attention import has_attention as has_attention
from .features import second_features as second_features
from .pipeline import localize as localize
from .result import Localization as Localization
from .unknown import KnownClasses as KnownClasses
from .unknown import known_classes as known_classes
