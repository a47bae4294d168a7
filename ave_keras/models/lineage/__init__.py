"""The networks that came after the AVE paper, with the sizes of their released code."""

from ave_keras.models.lineage.avsdn import avsdn
from ave_keras.models.lineage.cace_net import cace_net
from ave_keras.models.lineage.cmbs import cmbs
from ave_keras.models.lineage.cmran import cmran
from ave_keras.models.lineage.psp import cpsp, psp

__all__ = ["avsdn", "cace_net", "cmbs", "cmran", "cpsp", "psp"]
