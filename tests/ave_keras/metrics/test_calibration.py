import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from ave_keras import AVEError
from ave_keras.metrics import (
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
    with_temperature,
)


def overconfident(rng, temperature=3.0, shape=(200, 10), classes=6):
    """Labels drawn from `softmax(z)`, and the too large confidences `softmax(temperature * z)` in float32."""
    logits = rng.normal(size=(*shape, classes))
    truth = (softmax(logits, -1).cumsum(-1) < rng.random((*shape, 1))).sum(-1)
    return truth, np.float32(softmax(temperature * logits, -1)), logits


def test_bins_are_those_of_scikit_learn(rng):
    truth, probabilities, _ = overconfident(rng)
    found = reliability(truth, probabilities, 10)
    right = (probabilities.argmax(-1) == truth).ravel()
    accuracy, confidence = calibration_curve(right, probabilities.max(-1).ravel().astype("float64"), n_bins=10)
    full = found.count > 0
    np.testing.assert_allclose(found.accuracy[full], accuracy)
    np.testing.assert_allclose(found.confidence[full], confidence)
    assert found.count.sum() == truth.size and np.isnan(found.accuracy[~full]).all()


def test_error_is_the_sum_of_its_definition(rng):
    """Eq. 3, a bin and a second at a time."""
    truth, probabilities, _ = overconfident(rng)
    expected, answers = 0.0, [*zip(truth.ravel(), np.float64(probabilities).reshape(-1, 6), strict=True)]
    for b in range(15):
        inside = [(t, p) for t, p in answers if b / 15 < max(p) <= (b + 1) / 15]
        if inside:
            right = np.mean([t == np.argmax(p) for t, p in inside])
            expected += len(inside) / len(answers) * abs(right - np.mean([max(p) for _, p in inside]))
    assert expected_calibration_error(truth, probabilities) == pytest.approx(expected, abs=1e-12)


def test_likelihood_is_that_of_scikit_learn(rng):
    truth, probabilities, _ = overconfident(rng)
    flat = np.float64(probabilities).reshape(-1, 6)
    expected = log_loss(truth.ravel(), flat / flat.sum(-1, keepdims=True), labels=range(6))
    assert negative_log_likelihood(truth, probabilities) == pytest.approx(expected, abs=1e-5)
    assert negative_log_likelihood([1], [[1.0, 0.0]]) == pytest.approx(87.3, abs=0.1)


def test_the_temperature_divides_logits(rng):
    _, _, logits = overconfident(rng)
    np.testing.assert_allclose(with_temperature(softmax(logits, -1), 2.5), softmax(logits / 2.5, -1), rtol=1e-9)


def test_the_temperature_is_where_the_derivative_vanishes(rng):
    """SciPy's root of the derivative in 1/T, on the logits that the labels were drawn from."""
    truth, probabilities, logits = overconfident(rng)

    def slope(beta):
        shares = softmax(3 * beta * logits, -1)
        own = np.take_along_axis(3 * logits, truth[..., None], -1)[..., 0]
        return ((3 * logits * shares).sum(-1) - own).mean()

    expected = 1 / brentq(slope, 0.01, 10)
    found = fit_temperature(truth, probabilities)
    assert found == pytest.approx(expected, rel=1e-4) and found == pytest.approx(3, rel=0.1)
    before, after = probabilities, with_temperature(probabilities, found)
    assert expected_calibration_error(truth, after) < 0.3 * expected_calibration_error(truth, before)
    likelihood = -np.take_along_axis(log_softmax(3 * logits / expected, -1), truth[..., None], -1).mean()
    assert negative_log_likelihood(truth, after) == pytest.approx(likelihood, abs=1e-6)


@pytest.mark.parametrize("temperature", [0.01, 0.3, 1, 7, 100])
def test_the_most_probable_class_stays(rng, temperature):
    """For certain answers, where float32 has rounded all others to 0, and for neighbours of one another, too."""
    near = np.float32(rng.dirichlet(np.ones(4), 500))
    near[:, 1] = np.nextafter(near[:, 0], np.float32(1))
    certain = np.float32(softmax(500 * rng.normal(size=(500, 4)), -1))
    for probabilities in (near, certain):
        found = with_temperature(probabilities, temperature)
        np.testing.assert_array_equal(found.argmax(-1), probabilities.argmax(-1))
        np.testing.assert_allclose(found.sum(-1), 1)


def test_where_no_temperature_is_best(rng):
    truth, probabilities, _ = overconfident(rng)
    with pytest.raises(AVEError, match=r"no temperature is best.*found 100\.0 % right"):
        fit_temperature(probabilities.argmax(-1), probabilities)
    with pytest.raises(AVEError, match=r"better than chance, found 0\.0 % right"):
        fit_temperature(probabilities.argmin(-1), probabilities)
    # A single class, and answers that are certain and sometimes wrong, have a temperature.
    assert 0.01 < fit_temperature(np.zeros_like(truth), np.where(truth[..., None] == 0, [0.2, 0.8], [0.9, 0.1])) < 20
    certain = np.eye(2)[[0] * 9 + [1]]
    assert with_temperature(certain, fit_temperature(np.zeros(10, int), certain))[0, 0] == pytest.approx(0.9, 1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], np.ones((0, 3))), "at least one prediction"),
        (([0, 1], np.ones((3, 2)) / 2), r"found \(2,\) and \(3, 2\)"),
        (([2], [[0.5, 0.5]]), "integers from 0 to 1"),
        (([0.0], [[0.5, 0.5]]), "integers from 0 to 1"),
        (([0], [[2.0, -1.0]]), "not probabilities"),
        (([0], [[np.nan, 1.0]]), "not probabilities"),
    ],
)
def test_mistakes(arguments, message):
    for function in (expected_calibration_error, negative_log_likelihood, fit_temperature):
        with pytest.raises(AVEError, match=message):
            function(*arguments)


@pytest.mark.parametrize("temperature", [0, -1, np.nan, np.inf, "1", None])
def test_what_is_no_temperature(temperature):
    with pytest.raises(AVEError, match="a number above 0"):
        with_temperature([0.5, 0.5], temperature)
    with pytest.raises(AVEError, match="number of bins"):
        reliability([0], [[0.5, 0.5]], 0)
