"""The command line, `python -m benchmarks`: one module per command."""
