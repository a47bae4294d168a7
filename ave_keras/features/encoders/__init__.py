"""Networks that encode seconds of sound and pictures as features."""
