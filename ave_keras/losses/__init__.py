"""The losses of the paper, the released code and the baselines."""

from ave_keras.losses.cca import CCALoss
from ave_keras.losses.contrastive import ContrastiveLoss
from ave_keras.losses.multi_label_soft_margin import MultiLabelSoftMargin
from ave_keras.losses.proposal import ProposalLoss

__all__ = ["CCALoss", "ContrastiveLoss", "MultiLabelSoftMargin", "ProposalLoss"]
