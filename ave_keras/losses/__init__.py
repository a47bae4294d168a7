"""The losses of the paper, the released code and the baselines."""

from ave_keras.losses.cca import CCALoss
from ave_keras.losses.contrastive import ContrastiveLoss
from ave_keras.losses.multi_label_soft_margin import MultiLabelSoftMargin
from ave_keras.losses.proposal import ProposalLoss
from ave_keras.losses.sample_propagation import PairSimilarity, SampleContrast
from ave_keras.losses.supervised_contrastive import SupervisedContrastive

__all__ = [
    "CCALoss",
    "ContrastiveLoss",
    "MultiLabelSoftMargin",
    "PairSimilarity",
    "ProposalLoss",
    "SampleContrast",
    "SupervisedContrastive",
]
