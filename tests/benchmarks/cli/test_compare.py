from benchmarks.cli.compare import _probability


def test_small_p_values_are_not_rounded_to_zero():
    assert (_probability(3e-5), _probability(0.04871), _probability(1)) == ("< 0.0001", "0.0487", "1.0000")
