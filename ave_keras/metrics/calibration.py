"""How far confidences can be believed, and the temperature that corrects them; in NumPy, float64."""

import numbers
from dataclasses import dataclass

import numpy as np

from ave_keras.errors import AVEError

BINS = 15
# The range of temperatures. A split whose seconds are all right has its optimum at 0, and one worse than chance at ∞.
LIMITS = 0.01, 100.0
# The least probability whose logarithm is taken; a softmax in float32 may return 0.
LEAST = float(np.finfo("float32").tiny)


@dataclass(frozen=True)
class Reliability:
    """The confidences of N predictions in B bins of equal width.

    Attributes:
        confidence: `(B,)`, the mean confidence of each bin, from 0 to 1; NaN in an empty bin.
        accuracy: `(B,)`, the share of right predictions in each bin; NaN in an empty bin.
        count: `(B,)` int64, the number of predictions in each bin; their sum is N.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray

    @property
    def error(self):
        """The expected calibration error, see `expected_calibration_error`."""
        gaps = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        return float(np.average(gaps, weights=self.count))


def reliability(truth, probabilities, bins=BINS):
    """Confidence and accuracy of the most probable class, in bins of equal confidence.

    Args:
        truth: `(…)` true class numbers, such as `(N, T)`.
        probabilities: `(…, C)`, the probabilities of the classes, from 0 to 1.
        bins: B, the number of bins `(0, 1/B], (1/B, 2/B], …`.

    Returns:
        A `Reliability`.

    Raises:
        AVEError: The shapes do not fit, there is no prediction, a value is not a probability, or `bins` is below 1.

    Example:

    >>> reliability(truth, model.predict(ave.dataset("test"))).count.sum()
    3000

    Reference:
        Guo et al., On Calibration of Modern Neural Networks, ICML 2017, Sec. 2 and Fig. 1.
    """
    truth, probabilities = _checked(truth, probabilities)
    if bins < 1:
        raise AVEError("invalid number of bins", key="bins", expected="1 or more", found=bins)
    confidence, right = probabilities.max(axis=-1).ravel(), (probabilities.argmax(axis=-1) == truth).ravel()
    places = np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1).astype("int64")
    count = np.bincount(places, minlength=bins)
    # 0 / 0, the mean of an empty bin, is NaN.
    with np.errstate(invalid="ignore"):
        means = (np.bincount(places, values, minlength=bins) / count for values in (confidence, right))
        return Reliability(*means, count)


def expected_calibration_error(truth, probabilities, bins=BINS):
    """The mean difference of confidence and accuracy over the bins of `reliability`, weighted by their counts.

    Args:
        truth: `(…)` true class numbers.
        probabilities: `(…, C)`.
        bins: The number of bins.

    Returns:
        A number from 0, for confidences that are right on average in every bin, to 1.

    Raises:
        AVEError: As for `reliability`.

    Example:

    >>> expected_calibration_error([0, 1], [[0.9, 0.1], [0.6, 0.4]])
    0.35

    Reference:
        Guo et al., ICML 2017, Eq. 3; Naeini et al., AAAI 2015.
    """
    return reliability(truth, probabilities, bins).error


def negative_log_likelihood(truth, probabilities):
    """The mean of `-log p` of the true class, in nats; probabilities below 1e-38 count as 1e-38.

    Args:
        truth: `(…)` true class numbers.
        probabilities: `(…, C)`.

    Raises:
        AVEError: As for `reliability`.

    Reference:
        Guo et al., ICML 2017, Sec. 2.
    """
    truth, probabilities = _checked(truth, probabilities)
    own = np.take_along_axis(probabilities, truth[..., None], axis=-1)
    return float(-np.log(np.maximum(own, LEAST)).mean())


def with_temperature(probabilities, temperature):
    """The softmax of `log p / T`: less confident for T above 1, more confident below; the order of classes stays.

    For the softmax of logits z it equals the softmax of `z / T`.

    Args:
        probabilities: `(…, C)`, the probabilities of a model, from 0 to 1.
        temperature: T, above 0.

    Returns:
        `(…, C)` float64, which sum to one. In float32, different probabilities could become equal.

    Raises:
        AVEError: The temperature is not a positive number.

    Example:

    >>> with_temperature([0.8, 0.2], 2)
    array([0.66666667, 0.33333333])

    Reference:
        Guo et al., ICML 2017, Eq. 9.
    """
    if not isinstance(temperature, numbers.Real) or not 0 < temperature < np.inf:
        raise AVEError("invalid temperature", key="temperature", expected="a number above 0", found=temperature)
    scaled = np.log(np.maximum(np.asarray(probabilities, "float64"), LEAST)) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def fit_temperature(truth, probabilities):
    """The temperature with the least `negative_log_likelihood`, by Brent's method within `LIMITS`.

    The negative log-likelihood is convex in 1/T, so that it has a single minimum.

    Args:
        truth: `(…)` true class numbers of data that the model has not been trained on.
        probabilities: `(…, C)`.

    Returns:
        T.

    Raises:
        AVEError: As for `reliability`; or no temperature within `LIMITS` is best, because all predictions are right,
            or because they are no better than chance.

    Example:

    >>> temperature = fit_temperature(truth, model.predict(ave.dataset("val")))

    Reference:
        Guo et al., ICML 2017, Sec. 4.2.
    """
    from scipy.optimize import minimize_scalar

    truth, probabilities = _checked(truth, probabilities)

    def loss(logarithm):
        return negative_log_likelihood(truth, with_temperature(probabilities, np.exp(logarithm)))

    found = minimize_scalar(loss, bounds=np.log(LIMITS), method="bounded", options={"xatol": 1e-6})
    temperature = float(np.exp(found.x))
    if not LIMITS[0] * 1.001 < temperature < LIMITS[1] / 1.001:
        accuracy = (probabilities.argmax(axis=-1) == truth).mean()
        raise AVEError(
            "no temperature is best for these predictions",
            expected="some wrong ones, and on the whole better than chance",
            found=f"{100 * accuracy:.1f} % right",
            fix="Use more data that the model has not been trained on",
        )
    return temperature


def _checked(truth, probabilities):
    truth, probabilities = np.asarray(truth), np.asarray(probabilities, "float64")
    if probabilities.ndim < 1 or not probabilities.size or truth.shape != probabilities.shape[:-1]:
        expected = "truth (…) and probabilities (…, C), at least one prediction"
        found = f"{truth.shape} and {probabilities.shape}"
        raise AVEError("truth and probabilities do not fit", expected=expected, found=found)
    if truth.dtype.kind not in "iu" or truth.min() < 0 or truth.max() >= probabilities.shape[-1]:
        expected = f"integers from 0 to {probabilities.shape[-1] - 1}"
        raise AVEError("invalid class numbers", key="truth", expected=expected, found=f"{truth.dtype}, {truth.max()}")
    # A softmax in float32 may exceed 1 by its rounding.
    if not (probabilities.min() >= 0 and probabilities.max() <= 1 + 1e-5):
        found = f"{probabilities.min():g} to {probabilities.max():g}"
        raise AVEError("these are not probabilities", key="probabilities", expected="0 to 1", found=found)
    return truth, probabilities
