"""The parameter names of the networks after 2018 in their released code."""

from ave_keras.checkpoints.lineage.networks import CLASSES, Network, network_of

__all__ = ["CLASSES", "Network", "network_of"]
