"""Functions that build the models; each returns an uncompiled `EventModel`, a functional `keras.Model`."""

from ave_keras.event_model import EventModel
from ave_keras.models.avdln import avdln
from ave_keras.models.avel import avel
from ave_keras.models.dcca import dcca
from ave_keras.models.ed_tcn import ed_tcn
from ave_keras.models.lineage import avsdn, cace_net, cmbs, cmran, cpsp, psp
from ave_keras.models.localizer import localizer
from ave_keras.models.ssn import ssn

__all__ = [
    "EventModel",
    "avdln",
    "avel",
    "avsdn",
    "cace_net",
    "cmbs",
    "cmran",
    "cpsp",
    "dcca",
    "ed_tcn",
    "localizer",
    "psp",
    "ssn",
]
