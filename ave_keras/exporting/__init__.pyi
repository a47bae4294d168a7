from .formats import FORMATS as FORMATS
from .formats import Format as Format
from .process import Exported as Exported
from .process import export as export
