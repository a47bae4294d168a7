"""The synthetic AVE: made-up events whose time and place are known."""

from ave_keras.data.synthetic.generator import SyntheticAVE

__all__ = ["SyntheticAVE"]
