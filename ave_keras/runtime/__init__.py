"""What the machine offers: optional packages, the backend, GPUs, Ray clusters."""
