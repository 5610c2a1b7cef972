"""Results as stored values: JSON and back, checks of every field, and modules that load no SciPy."""

import json
import subprocess
import sys
from typing import Any

import pytest

from nas_engine.statistics.stored_value import StoredValue
from nas_engine.statistics.values import (
    ClipAccuracy,
    EnergyFigure,
    EnergyRatio,
    Interval95,
    Optimism,
    PairedDifference,
    SeedSummary,
)

WITHOUT_SCIPY = ("answers", "sentences", "stored_value", "values", "wilson")
MEASURED = EnergyFigure.measured((1.0, 1.5), "nRF52840")
ESTIMATED = EnergyFigure.estimated(10.0, "published figures")
VALUES: tuple[StoredValue, ...] = (
    Interval95(0.0, 1.0),
    SeedSummary(5, 0.75, 0.01, Interval95(0.73, 0.77)),
    SeedSummary(1, 1.0, None, None),
    ClipAccuracy(1.0, Interval95(0.96, 1.0), "wilson", 5, 220, 96),
    PairedDifference(0.8, 0.75, Interval95(-0.01, 0.11), Interval95(0.0, 0.1), Interval95(0.01, 0.09), 5, 220, 96),
    PairedDifference(0.8, 0.75, None, None, Interval95(0.01, 0.09), 1, 220, 96),
    Optimism(0.8, 0.75, Interval95(0.0, 0.1), 5, 220, 96, 240, 101),
    Optimism(0.8, 0.75, Interval95(0.0, 0.1), 5, 220, 96, 240, 101, 1_000, 0.04),
    MEASURED,
    EnergyRatio(MEASURED, ESTIMATED),
    EnergyRatio(MEASURED, MEASURED, Interval95(0.5, 2.0)),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_value_comes_back_from_json_as_it_was(value: StoredValue) -> None:
    stored = json.loads(json.dumps(value.to_json()))
    restored = type(value).from_json(stored)
    assert restored == value
    assert repr(restored) == repr(value), "1.0 comes back as a float, a count as an int"


def test_whole_numbers_that_another_program_wrote_are_floats_again() -> None:
    restored = EnergyFigure.from_json({"energy_mj": 2, "basis": "measured", "source": "Pico", "repeats_mj": [2, 2]})
    assert repr(restored) == repr(EnergyFigure.measured((2.0, 2.0), "Pico"))


def changed(value: StoredValue, **fields: Any) -> dict[str, Any]:
    return value.to_json() | fields


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (Interval95, {"low": 1.0}, "Interval95: key 'high' is missing"),
        (Interval95, {"low": 1.0, "high": 0.0}, "high must lie in 1..inf, not 0"),
        (Interval95, {"low": float("nan"), "high": 0.0}, "low must be a finite number, not nan"),
        (Interval95, {"low": "0", "high": 0.0}, "low must be a finite number, not '0'"),
        (Interval95, {"low": True, "high": 1.0}, "low must be a finite number, not True"),
        (SeedSummary, changed(VALUES[1], sd=None), "belong to two seeds or more, and n is 5"),
        (SeedSummary, changed(VALUES[1], sd=-1.0), "sd must lie in 0..inf"),
        (SeedSummary, changed(VALUES[2], n=0), "n must be a whole number of at least 1"),
        (SeedSummary, changed(VALUES[1], interval={"low": 0}), "Interval95: key 'high' is missing"),
        (SeedSummary, changed(VALUES[1], median=0.7), "unknown key 'median'"),
        (ClipAccuracy, changed(VALUES[3], accuracy=1.1), "accuracy must lie in 0..1"),
        (ClipAccuracy, changed(VALUES[3], method="wald"), "method must be one of bootstrap, wilson"),
        (ClipAccuracy, changed(VALUES[3], clips=0), "clips must be a whole number"),
        (PairedDifference, changed(VALUES[4], other_accuracy=None), "other_accuracy must be a finite number"),
        (PairedDifference, changed(VALUES[4], seeds=1), "belong to two seeds or more, and seeds is 1"),
        (Optimism, changed(VALUES[6], best_of=240), "best_of and chance_lead belong together"),
        (Optimism, changed(VALUES[7], best_of=0), "best_of must be a whole number of at least 1"),
        (EnergyFigure, changed(MEASURED, energy_mj=0), "must be above 0"),
        (EnergyFigure, changed(MEASURED, source=""), "source must name the device"),
        (EnergyFigure, changed(ESTIMATED, basis="measured"), "a measured energy has repeats"),
        (EnergyFigure, changed(ESTIMATED, basis="guessed"), "basis must be one of measured, estimated"),
    ],
)
def test_what_is_wrong_in_stored_json_is_named(kind: type[StoredValue], data: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind.from_json(data)


def test_a_measured_energy_needs_a_repeat() -> None:
    with pytest.raises(ValueError, match="no measured repeats on Pico"):
        EnergyFigure.measured((), "Pico")


def test_a_difference_is_distinguished_where_its_interval_leaves_0_out() -> None:
    together, one_seed = VALUES[4], VALUES[5]
    assert isinstance(together, PairedDifference)
    assert isinstance(one_seed, PairedDifference)
    assert together.difference == pytest.approx(0.05)
    assert (together.is_distinguished, one_seed.is_distinguished) == (False, True)


def test_what_pages_need_loads_no_scipy() -> None:
    imports = "; ".join(f"import nas_engine.statistics.{module}" for module in WITHOUT_SCIPY)
    program = f"{imports}; import sys; print('scipy' in sys.modules, 'nas_engine.statistics.sentences' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout
    assert loaded.split() == ["False", "True"]
