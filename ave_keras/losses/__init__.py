"""Losses of the paper, of the released code and of the baselines."""

from ave_keras.losses.multi_label_soft_margin import MultiLabelSoftMargin
from ave_keras.losses.proposal import ProposalLoss

__all__ = ["MultiLabelSoftMargin", "ProposalLoss"]
