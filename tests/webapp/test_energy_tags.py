import pytest

from webapp.templatetags.energy import give_or_take


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0881, "±0.088 mJ"), (0.00001234, "±0.000012 mJ"), (1.0, "±1 mJ"), (1284.0, "±1,300 mJ"), (0.0, "±0 mJ")],
)
def test_an_uncertainty_has_two_digits_and_never_an_exponent(value: float, shown: str) -> None:
    assert give_or_take(value).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_an_uncertainty_that_is_not_known_is_a_dash() -> None:
    assert give_or_take(None) == "–"
