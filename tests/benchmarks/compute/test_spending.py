"""The harness counts what is trained, and hands an entrant no epoch that it has not paid for."""

from collections.abc import Iterator

import pytest

from benchmarks.compute.landscapes import MADE_UP, Landscape, landscape
from benchmarks.compute.spending import ComputeRecord, PaidSearch, read, write
from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import EpochResult, EvaluationResult
from tests.nas_engine.sampling import samples

FLOAT, WHOLE = 30, 34  # epochs


class Scripted:
    """Entrant that stops each training after a given float epoch, or never."""

    def __init__(self, networks: list[Architecture], stop_after: list[int | None]) -> None:
        self.seen: list[list[int]] = []
        self.results: list[float | None] = []
        self._networks: Iterator[Architecture] = iter(networks)
        self._stop_after = iter(stop_after)
        self._stop: int | None = None
        self._best: tuple[float, Architecture] | None = None
        self._now: Architecture | None = None

    def begin(self) -> Architecture:
        self._now, self._stop = next(self._networks), next(self._stop_after)
        self.seen.append([])
        return self._now

    def stops(self, point: EpochResult) -> bool:
        self.seen[-1].append(point.epoch)
        return point.epoch == self._stop

    def end(self, result: EvaluationResult | None) -> None:
        self.results.append(result and result.int8_accuracy)
        if result is not None and self._now is not None and (not self._best or result.int8_accuracy > self._best[0]):
            self._best = result.int8_accuracy, self._now

    def incumbent(self) -> Architecture | None:
        return self._best and self._best[1]


@pytest.fixture(scope="module")
def where() -> Landscape:
    return landscape(MADE_UP, "odd", 0)


def networks(where: Landscape) -> list[Architecture]:
    return samples(where.space, 6, seed=2)


def run(entrant: Scripted, where: Landscape, epochs: int) -> ComputeRecord:
    return PaidSearch(entrant, where, 7, epochs).run(MADE_UP, "", "odd", "scripted")


def test_stopped_trainings_cost_their_epochs(where: Landscape) -> None:
    entrant = Scripted(networks(where), [6, None, 30, 2])
    record = run(entrant, where, 6 + WHOLE + 30 + 2)
    assert (record.trials, record.stopped) == (4, 3)
    assert [len(epochs) for epochs in entrant.seen] == [6, FLOAT, 30, 2]
    assert [accuracy is None for accuracy in entrant.results] == [True, False, True, True]
    assert [one.epochs for one in record.handovers] == [6, 6 + WHOLE]
    assert record.handovers[0].reward is None


def test_a_training_in_which_the_epochs_run_out_has_no_result(where: Landscape) -> None:
    entrant = Scripted(networks(where), [None, None])
    record = run(entrant, where, WHOLE + 20)
    assert (record.trials, len(entrant.results), len(entrant.seen[1])) == (2, 1, 20)


def test_what_would_be_handed_over_is_scored_without_noise(where: Landscape) -> None:
    first = networks(where)[0]
    record = run(Scripted([first, first], [None, None]), where, 2 * WHOLE)
    assert record.at_epochs(2 * WHOLE) == pytest.approx(where.noise_free(first), abs=1e-5)
    assert record.at_epochs(WHOLE - 1) is None
    assert record.repeated == 1


def test_seconds_are_those_of_the_trainings_and_of_the_entrant(where: Landscape) -> None:
    first = networks(where)[0]
    record = run(Scripted([first, first], [None, None]), where, WHOLE)
    training = sum(where.train(first, 7, 1).result.seconds.values())
    assert record.handovers[-1].seconds == pytest.approx(training + record.thinking_seconds, abs=0.02)


def test_a_record_is_read_as_it_was_written(where: Landscape, tmp_path) -> None:
    record = run(Scripted(networks(where), [None, 5, None]), where, 60)
    path = tmp_path / "work.jsonl"
    path.write_text(record.line() + record.line()[:40])
    assert read(path) == [record]
    write(path, read(path))  # as a run that goes on does
    with path.open("a") as file:
        file.write(record.line())
    assert read(path) == [record, record]
