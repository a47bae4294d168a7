"""The machine: optional packages, the backend, GPUs and Ray clusters; and YAML files."""
