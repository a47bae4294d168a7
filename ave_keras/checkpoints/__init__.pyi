from .reading import SUFFIXES as SUFFIXES
from .reading import is_checkpoint as is_checkpoint
from .reading import read as read
from .transfer import export_weights as export_weights
from .transfer import import_weights as import_weights
from .writing import write as write
