"""Running cells: the driver, the executors, the workers, and the training of a cell."""
