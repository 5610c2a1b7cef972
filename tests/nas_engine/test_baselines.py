from collections.abc import Callable

import pytest

from nas_engine.architecture import Architecture
from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.cost import cost
from nas_engine.layers import expand
from nas_engine.published import table_1


@pytest.mark.parametrize("model", BASELINES)
def test_flops_equal_table_1_to_the_last_printed_digit(model: str) -> None:
    """Table 1 prints two decimals of a million: half of the last digit is 5,000."""
    assert abs(cost(BASELINES[model](9)).flops - table_1(model).flops) <= 5_000


@pytest.mark.parametrize("model", BASELINES)
def test_the_flash_estimate_of_a_baseline_is_within_one_percent_of_table_1(model: str) -> None:
    """Though these files are up to sixty times larger than those the estimate was fitted to."""
    assert cost(BASELINES[model](9)).flash_bytes_estimate == pytest.approx(table_1(model).flash_bytes, rel=0.01)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        ("MobileNetV1", (7, 3, 1024)),
        ("MobileNetV2", (13, 5, 1280)),
        ("TCResNet8-1.0", (25, 1, 48)),
        ("TCResNet14-1.5", (25, 1, 72)),
    ],
)
def test_baselines_end_at_the_documented_size_before_the_head(model: str, shape: tuple[int, int, int]) -> None:
    assert expand(BASELINES[model](9))[-2].output.shape == shape


@pytest.mark.parametrize("build", [*BASELINES.values(), nas_bayesian])
def test_baselines_take_any_number_of_classes(build: Callable[[int], Architecture]) -> None:
    assert expand(build(4))[-1].output.shape == (4,)
