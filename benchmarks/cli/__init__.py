"""`python -m benchmarks`: one module per command."""
