"""Losses of the paper and of the released code."""

from ave_keras.losses.multi_label_soft_margin import MultiLabelSoftMargin

__all__ = ["MultiLabelSoftMargin"]
