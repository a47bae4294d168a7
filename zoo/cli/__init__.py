"""The `ave-keras` command: one module per command, `terminal` below them, `app` above."""
