"""Commands that compare runs: whether differences are real, and what a change is worth."""
