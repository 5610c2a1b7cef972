from collections.abc import Callable

import pytest

from nas_engine.architecture import Architecture
from nas_engine.baselines import (
    BASELINES,
    LARGEST_WIDTH,
    NAMES,
    SMALLEST_WIDTH,
    baseline,
    by_name,
    mobilenet_v1,
    mobilenet_v2,
    nas_bayesian,
    tc_resnet8,
    tc_resnet14,
)
from nas_engine.cost import cost
from nas_engine.energy.estimators.published_figures import table_1
from nas_engine.layers import expand


@pytest.mark.parametrize("model", BASELINES)
def test_flops_equal_table_1_to_the_last_printed_digit(model: str) -> None:
    """Table 1 prints two decimals of a million: half of the last digit is 5,000."""
    assert abs(cost(BASELINES[model](9)).flops - table_1(model).flops) <= 5_000


@pytest.mark.parametrize("model", BASELINES)
def test_the_estimate_of_a_baselines_plain_file_is_within_one_percent_of_table_1(model: str) -> None:
    """Though these files are up to sixty times larger than those the estimate was fitted to."""
    assert cost(BASELINES[model](9)).plain_flash_bytes_estimate == pytest.approx(table_1(model).flash_bytes, rel=0.01)


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


@pytest.mark.parametrize(("family", "row"), list(zip(NAMES, BASELINES, strict=True)))
def test_a_family_alone_means_the_network_of_table_1(family: str, row: str) -> None:
    assert by_name(family) == by_name(row) == BASELINES[row](9)
    assert by_name(baseline(family).name) == by_name(family)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("MobileNetV2-0.5", "MobileNetV2-0.5"),
        (" mobilenetv1 ", "MobileNetV1-1.0"),
        ("TCResNet14-2", "TC-ResNet14-2.0"),
        ("tc-resnet8-0.125", "TC-ResNet8-0.125"),
    ],
)
def test_a_name_is_read_as_people_write_it(written: str, name: str) -> None:
    assert baseline(written).name == name


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("MobileNetV3", "no baseline 'MobileNetV3'; known are MobileNetV1, MobileNetV2, TC-ResNet8, TC-ResNet14"),
        ("", "no baseline ''"),
        ("MobileNetV1-", "such as MobileNetV2-0.5"),
        ("MobileNetV1-wide", "such as MobileNetV2-0.5"),
        ("MobileNetV1-0.12345", "at most three decimals"),
        ("MobileNetV1-0", "between 0.1 and 2, not 0"),
        ("TC-ResNet8-2.5", "between 0.1 and 2, not 2.5"),
    ],
)
def test_a_name_that_means_nothing_is_refused_in_words(written: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        baseline(written)


def filters(architecture: Architecture) -> list[int]:
    return [block.filters for block in architecture.blocks]


def test_mobilenet_v1_is_thinned_as_in_keras() -> None:
    """`int(filters * alpha)`; the classifier keeps its 1000 units."""
    thin = mobilenet_v1(9, 0.3)
    assert filters(thin)[:4] == [9, 19, 38, 38]
    assert thin.head.hidden_units == 1000


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (0.35, [16, 8, 8, 16, 24, 32, 56, 112]),
        (0.5, [16, 8, 16, 16, 32, 48, 80, 160]),
        (0.75, [24, 16, 24, 24, 48, 72, 120, 240]),
        (1.4, [48, 24, 32, 48, 88, 136, 224, 448]),
    ],
)
def test_mobilenet_v2_is_thinned_as_in_keras(width: float, expected: list[int]) -> None:
    """The widths of keras.applications.MobileNetV2, by stage; only widening reaches the last convolution."""
    widths = filters(mobilenet_v2(9, width))
    assert list(dict.fromkeys(widths[:-1])) == list(dict.fromkeys(expected))
    assert [widths[i] for i in (0, 1, 2, 4, 7, 11, 14, 17)] == expected
    assert widths[-1] == (1792 if width > 1 else 1280)


def test_tc_resnets_are_thinned_as_by_their_authors() -> None:
    assert filters(tc_resnet8(9, 1.5)) == [24, 36, 48, 72]
    assert filters(tc_resnet14(9, 1.0)) == [16, 24, 24, 32, 32, 48, 48]
    assert filters(tc_resnet8(9, 0.7)) == [11, 16, 22, 33]


@pytest.mark.parametrize("family", NAMES)
def test_the_extreme_widths_can_be_built_and_wider_costs_more(family: str) -> None:
    widths = (SMALLEST_WIDTH, 0.25, 0.5, 1.0, 1.5, LARGEST_WIDTH)
    costs = [cost(by_name(f"{family}-{width}")) for width in widths]
    assert [counted.flops for counted in costs] == sorted({counted.flops for counted in costs})
    assert all(counted.parameters > 0 for counted in costs)
