import dataclasses
import math
import pickle
from typing import Any

import pytest

from nas_engine.evaluation_result import ClipMistake, EvaluationResult

GOOD = EvaluationResult(
    float_accuracy=0.75,
    int8_accuracy=0.5,
    flash_bytes=51_220,
    flops=12_520_000,
    parameters=21_273,
    energy_mj=1.3,
    energy_source="measured: Pixel 4 XL",
    peak_activation_bytes=141_120,
    confusion=((1, 1), (1, 1)),
    seconds={"float": 12.5, "qat": 3.0},
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("float_accuracy", 1.01),
        ("float_accuracy", math.nan),
        ("int8_accuracy", -0.01),
        ("int8_accuracy", math.inf),
        ("flash_bytes", 0),
        ("flops", -1),
        ("parameters", 0),
        ("peak_activation_bytes", 0),
        ("energy_mj", math.nan),
        ("energy_mj", -0.1),
        ("energy_source", ""),
        ("confusion", ((1, 2),)),
        ("confusion", ((1, -2), (0, 1))),
        ("seconds", {"float": math.nan}),
        ("mistakes", (ClipMistake(0, 1, 0, 0.5),)),
        ("seconds", {"qat": -1.0}),
    ],
)
def test_a_value_that_cannot_be_true_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        dataclasses.replace(GOOD, **{field: value})


def test_a_measurement_cannot_be_changed() -> None:
    for field in dataclasses.fields(GOOD):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(GOOD, field.name, None)


def test_a_measurement_travels_between_processes() -> None:
    assert pickle.loads(pickle.dumps(GOOD)) == GOOD
