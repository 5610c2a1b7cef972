import pytest

from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.energy.estimators.published_figures import TABLE_1, quantized_parameters, table_1


@pytest.mark.parametrize(
    ("model", "ours"),
    [("MobileNetV1", 3_206_398), ("MobileNetV2", 2_301_036), ("TCResNet8-1.0", 66_365), ("TCResNet14-1.5", 306_044)],
)
def test_parameters_counted_the_papers_way_reproduce_table_1(model: str, ours: int) -> None:
    """test_counts.py has the optimization toolkit count the same.

    MobileNetV2 is 144 short of the 2301.18k printed (0.006 %), which nothing we tried explains; the others agree to
    the last printed digit, ten parameters, TC-ResNet14 with the one counter of a dropout layer (Choi et al. have one).
    """
    counted = quantized_parameters(BASELINES[model](9))
    assert counted == ours
    tolerance = 150 if model == "MobileNetV2" else 10
    assert abs(counted - table_1(model).quantized_parameters) < tolerance


def test_the_network_of_table_2_is_within_half_a_percent_of_its_published_parameters() -> None:
    """Table 2 contradicts itself in two rows (docs: its blocks 6 and 8), so the last 0.4 % cannot be had."""
    counted = quantized_parameters(nas_bayesian())
    assert counted == 23_863
    assert counted == pytest.approx(table_1("NAS-Bayesian").quantized_parameters, rel=0.005)


def test_table_1_supports_the_claims_of_the_abstract() -> None:
    """A guard against misprints in our copy: 10x less energy, 50x less memory, 0.94 points more (section 7)."""
    best, reference = table_1("NAS-HyperFirefly"), table_1("MobileNetV2")
    assert reference.energy_mj / best.energy_mj > 10
    assert reference.flash_bytes / best.flash_bytes > 50
    assert best.accuracy - reference.accuracy == pytest.approx(0.0094)


def test_models_are_found_by_their_printed_name() -> None:
    assert len({row.model for row in TABLE_1}) == len(TABLE_1) == 9
    assert table_1("1D-NAS-Bayesian").energy_mj == 0.26
    with pytest.raises(KeyError):
        table_1("MobileNetV3")
