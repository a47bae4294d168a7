"""Speed of training and inference, compared with the machine's matmul rate."""
