"""What the options of a command choose: entries and seeds."""

import fnmatch

import zoo
from ave_keras.errors import AVEError

# More seeds are a slip of the finger.
MANY_SEEDS = 10_000


def choose_entries(tables, patterns):
    """Names of the entries of `tables`, narrowed to the glob `patterns`; without tables, of the whole zoo.

    Raises:
        AVEError: a pattern matches nothing.
    """
    known = list(dict.fromkeys(name for table in tables for name in table.entries)) or zoo.list()
    if not patterns:
        return known
    chosen = []
    for pattern in patterns:
        matching = fnmatch.filter(known, pattern)
        if not matching:
            # A plain name gets the zoo's own suggestions.
            zoo.entry(pattern)
            raise AVEError("no entry matches", key="--entries", expected=f"one of {known}", found=repr(pattern))
        chosen += matching
    return list(dict.fromkeys(chosen))


def parse_seeds(text):
    """`"3"` to seeds 0, 1, 2; `"0,4,7"` to themselves, and `"7,"` to seed 7 alone.

    Raises:
        AVEError: anything else; more than 10,000, or a seed beyond 32 bits.
    """
    try:
        numbers = [int(part) for part in text.removesuffix(",").split(",")]
    except ValueError:
        numbers = [-1]
    seeds = list(dict.fromkeys(numbers)) if "," in text else range(min(numbers[0], MANY_SEEDS + 1))
    if not 1 <= len(seeds) <= MANY_SEEDS or min(seeds) < 0 or max(seeds) >= 2**32:
        expected = f"a count of 1 to {MANY_SEEDS}, or seeds below 2**32 such as '0,4,7' or '7,'"
        raise AVEError("bad seeds", key="--seeds", expected=expected, found=repr(text), fix="Try --seeds 3")
    return list(seeds)
