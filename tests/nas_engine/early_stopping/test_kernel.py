import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from nas_engine.early_stopping.kernel import exponential, exponential_slopes

SUMS = np.array([[0.1, 0.5], [0.5, 1.7]])


def test_the_kernel_is_the_mixture_of_exponential_decays_it_is_named_after() -> None:
    """Swersky et al. 2014, section 3.1: decay rates of a gamma distribution with shape alpha and rate beta."""
    rates = gamma(1.5, scale=1 / 0.4)
    mixed = [quad(lambda rate, s: np.exp(-rate * s) * rates.pdf(rate), 0, np.inf, args=(s,))[0] for s in SUMS.flat]
    assert exponential(SUMS, np.array(1.5), np.array(0.4)).ravel() == pytest.approx(mixed, rel=1e-6)


def test_its_slopes_are_its_differences() -> None:
    def at(log_alpha: float, log_beta: float) -> np.ndarray:
        return exponential(SUMS, np.exp(np.array(log_alpha)), np.exp(np.array(log_beta)))

    by_alpha, by_beta = exponential_slopes(SUMS, np.exp(np.array(0.3)), np.exp(np.array(-0.8)))
    assert by_alpha == pytest.approx((at(0.3 + 1e-6, -0.8) - at(0.3 - 1e-6, -0.8)) / 2e-6, rel=1e-6)
    assert by_beta == pytest.approx((at(0.3, -0.8 + 1e-6) - at(0.3, -0.8 - 1e-6)) / 2e-6, rel=1e-6)
