"""The machine: optional packages, the backend, GPUs and Ray clusters."""
