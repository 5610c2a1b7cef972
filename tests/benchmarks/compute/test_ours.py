"""Earshot as an entrant: networks that its rule confirms are trained again, whole and paid, apart from its designer."""

from collections.abc import Collection, Sequence

import pytest

from benchmarks.compute.entrants import BY_NAME
from benchmarks.compute.landscapes import MADE_UP, Landscape, landscape
from benchmarks.compute.ours import OurEntrant
from benchmarks.compute.spending import ComputeRecord, PaidSearch
from nas_engine.designers.base import Outcome
from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.marginal_value.rule import MarginalValue

EPOCHS = 900


@pytest.fixture(scope="module")
def where() -> Landscape:
    return landscape(MADE_UP, "odd", 0)


def searched(entrant: OurEntrant, where: Landscape) -> ComputeRecord:
    return PaidSearch(entrant, where, 3, EPOCHS).run(MADE_UP, "", "odd", "ours")


def made(where: Landscape, name: str) -> OurEntrant:
    entrant = BY_NAME[name].make(where.space, 3, where.plan)
    assert isinstance(entrant, OurEntrant)
    return entrant


def test_a_confirmed_network_is_trained_again_and_its_designer_hears_nothing(
    where: Landscape, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten trials the first finished network is confirmed, once."""
    asked: list[Sequence[Curve]] = []

    def first_once(rule: MarginalValue, ended: Sequence[Curve], without: Collection[str]) -> str | None:
        is_due = len(ended) == 10
        asked.extend([list(ended)] * is_due)
        return ended[0].network if is_due else None

    monkeypatch.setattr(MarginalValue, "to_confirm", first_once)
    entrant = made(where, "random-marginal_value")
    reported: list[Outcome] = []
    update = entrant.designer.update
    monkeypatch.setattr(entrant.designer, "update", lambda outcomes: (reported.extend(outcomes), update(outcomes)))
    record = searched(entrant, where)
    assert len(asked) == 1
    assert record.repeated == 1
    assert len({outcome.architecture.hash for outcome in reported}) == len(reported)
    assert len(reported) in (record.trials - 1, record.trials - 2)  # the last training may have no result


def test_what_was_measured_best_may_be_handed_over_instead(where: Landscape) -> None:
    names = "hyperfirefly-marginal_value", "hyperfirefly-marginal_value-measured"
    by_expected, by_measured = (made(where, name) for name in names)
    expected, measured = searched(by_expected, where), searched(by_measured, where)
    assert (expected.trials, expected.stopped) == (measured.trials, measured.stopped)
    best, *_ = by_measured.best_measured(1)
    handed_over = by_measured.incumbent()
    assert handed_over is not None
    assert expected.repeated > 0 or handed_over == best
