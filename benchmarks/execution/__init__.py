"""How cells run: driver, executors, workers, and what a cell does."""
