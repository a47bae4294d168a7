"""Entry point of `python -m benchmarks.exports`; see `benchmarks.drills.exports`."""

from benchmarks.drills.exports import main

if __name__ == "__main__":
    main()
