from .composing import Composed as Composed
from .composing import compose as compose
from .folders import Folders as Folders
from .made import Made as Made
from .recipe import Recipe as Recipe
