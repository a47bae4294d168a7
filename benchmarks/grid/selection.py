"""Parses the options that select entries and seeds."""

import fnmatch

import zoo
from ave_keras.errors import AVEError
from benchmarks.grid.tables import tables as all_tables

# A larger number of seeds is a typing error.
MANY_SEEDS = 10_000


def choose_entries(tables, patterns):
    """Selects entries.

    Args:
        tables: The `grid.tables.Table`s to select from; empty for all entries of the zoo.
        patterns: Glob patterns of names; None or empty for all entries. Without tables, a candidate has to be named.

    Returns:
        List of names.

    Raises:
        AVEError: A pattern matches no entry.
    """
    names = list(dict.fromkeys(name for table in tables for name in table.entries)) or zoo.list()
    if not patterns:
        return names
    chosen = []
    for pattern in patterns:
        matching = fnmatch.filter(names, pattern)
        if not matching:
            matching = [_candidate(pattern, names, tables)]
        chosen += matching
    return list(dict.fromkeys(chosen))


def _candidate(pattern, names, tables):
    """The name of a candidate, which no table has; an error for everything else."""
    entry = zoo.entry(pattern)  # For an unknown name, an error that suggests similar names.
    if entry.candidate and not tables:
        return entry.name
    fix = next((f"Add --tables {table}" for table, t in all_tables().items() if entry.name in t.entries), None)
    if entry.candidate:
        fix = f"{entry.name} is a candidate of a study, not of a table; python -m benchmarks study --help"
    expected = f"one of {names}"
    raise AVEError("no entry matches", key="--entries", expected=expected, found=repr(pattern), fix=fix)


def parse_seeds(text):
    """Parses seeds: `"3"` is seeds 0, 1 and 2; `"0,4,7"` a list of seeds; and `"7,"` seed 7 alone.

    Raises:
        AVEError: The text is invalid, has more than 10,000 seeds, or a seed of more than 32 bits.
    """
    try:
        numbers = [int(part) for part in text.removesuffix(",").split(",")]
    except ValueError:
        numbers = [-1]
    seeds = list(dict.fromkeys(numbers)) if "," in text else range(min(numbers[0], MANY_SEEDS + 1))
    if not 1 <= len(seeds) <= MANY_SEEDS or min(seeds) < 0 or max(seeds) >= 2**32:
        expected = f"a count of 1 to {MANY_SEEDS}, or seeds below 2**32 such as '0,4,7' or '7,'"
        raise AVEError("invalid seeds", key="--seeds", expected=expected, found=repr(text), fix="Try --seeds 3")
    return list(seeds)
