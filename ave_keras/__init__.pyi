from . import layers as layers
from . import losses as losses
from . import matching as matching
from . import metrics as metrics
from . import models as models
from . import optimizers as optimizers
from .errors import AVEError as AVEError
from .localization.attention import attention_maps as attention_maps
from .localization.pipeline import localize as localize

__version__: str
