"""Speed of training and inference, measured against the machine's own matmul rate."""
