"""Entry point of `python -m benchmarks.scenes`; see `benchmarks.drills.scenes`."""

from benchmarks.drills.scenes import main

if __name__ == "__main__":
    main()
