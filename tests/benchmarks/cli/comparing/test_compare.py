from zoo.card import probability


def test_small_p_values_are_not_rounded_to_zero():
    assert (probability(3e-5), probability(0.04871), probability(1)) == ("< 0.0001", "0.0487", "1.0000")
