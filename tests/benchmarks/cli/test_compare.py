from benchmarks.cli.compare import _probability


def test_no_probability_is_printed_as_nothing():
    assert (_probability(3e-5), _probability(0.04871), _probability(1)) == ("< 0.0001", "0.0487", "1.0000")
