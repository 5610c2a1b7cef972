"""Openings of the test split in a run of results: each is a line of its journal, and counts on every machine.

Where the networks are those of an opening in the journal, its answers are taken over; nothing is opened again. Where
they had to be trained again, the opening that evaluates them has the number after the journal's, so that it is marked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from nas_engine.evaluation_result import BothSplits, SplitAnswers
from webapp.management.results.finalists import name_in_journal
from webapp.management.results.lines import OPENING, architecture_hash
from webapp.models import Finalist, SplitOpening, Study, Trial
from webapp.queries.finals import features_hash, final_networks
from webapp.services import openings
from webapp.worker.statistics import pairs_of, statistics_of

State = SplitOpening.State
_EVALUATION, _TEST = (
    2,
    3,
)  # where the answers are in [seed, network, answers to evaluation clips, answers to test clips]


def opening_lines(containers: Sequence[Study]) -> Iterator[dict[str, Any]]:
    """A line for every opening and state of it, the earliest first: one that failed was an opening, too."""
    rows = SplitOpening.objects.filter(finalist__finals__in=containers).order_by("pk")
    for opening in rows.select_related("finalist__finals__parent", "architecture"):
        results = opening.results.select_related("trial").order_by("trial__seed")
        yield {
            "kind": OPENING,
            "study": name_in_journal(opening.finalist.finals) if opening.finalist else "",
            "label": opening.label,
            "number": opening.number,
            "state": opening.state,
            "opened_at": opening.opened_at.isoformat(),
            "architecture": opening.architecture.spec,
            "clips": opening.clips,
            "seeds": [[one.trial.seed, one.trial.tflite.name, one.eval_answers, one.test_answers] for one in results],
        }


def restore_openings(containers: Sequence[Study], kept: Iterable[Mapping[str, Any]]) -> None:
    """Take over the openings of the journal whose networks these are, in its order, so that pairs are compared."""
    rows = Finalist.objects.filter(finals__in=containers).select_related("finals__parent", "finals__dataset", "source")
    finalists = {(name_in_journal(one.finals), one.architecture_id): one for one in rows}
    for line in kept:
        if line["kind"] == OPENING and line["state"] == State.READY:
            finalist = finalists.get((line["study"], architecture_hash(line)))
            if finalist is not None:
                _restore(finalist, line)


def _restore(finalist: Finalist, line: Mapping[str, Any]) -> None:
    seeds = _seeds(finalist, line)
    opening = SplitOpening(
        dataset=finalist.finals.dataset,
        dataset_name=finalist.finals.dataset.name,
        data_hash=features_hash(finalist.finals.dataset),
        architecture_id=finalist.architecture_id,
        label=finalist.label,
        finalist=finalist,
        number=line["number"],
        opened_at=datetime.fromisoformat(line["opened_at"]),
    )
    same = {"data_hash": opening.data_hash, "architecture": opening.architecture_id, "number": opening.number}
    if not seeds or SplitOpening.objects.filter(**same).exists():
        return
    answers = BothSplits(_answers(line, "eval", _EVALUATION), _answers(line, "test", _TEST))
    recordings = {split: line["clips"][split]["recordings"] for split in ("eval", "test")}
    statistics = statistics_of(opening, seeds, answers, recordings)
    evaluated = openings.Evaluated([seed.pk for seed in seeds], answers, recordings, statistics)
    openings.restore(opening=opening, evaluated=evaluated)
    openings.add_statistics(opening_id=opening.pk, statistics=pairs_of(opening.pk))


def _seeds(finalist: Finalist, line: Mapping[str, Any]) -> list[Trial]:
    """Trials whose networks the opening evaluated, in its order; none if one of them is not here."""
    by_seed = {trial.seed: trial for trial in openings.trained_seeds(finalist)}
    found = [(by_seed.get(seed), network) for seed, network, *_ in line["seeds"]]
    trials = [trial for trial, network in found if trial is not None and trial.tflite.name == network]
    return trials if len(trials) == len(found) else []


def _answers(line: Mapping[str, Any], split: str, place: int) -> SplitAnswers:
    """Clips are named by their place: all openings of a run are of the same features."""
    labels = line["clips"][split]["labels"]
    names = tuple(f"{split} {number}" for number in range(len(labels)))
    return SplitAnswers(tuple(labels), names, tuple(tuple(seed[place]) for seed in line["seeds"]))


def open_missing(searches: Sequence[Study], kept: Iterable[Mapping[str, Any]]) -> int:
    """Open the test split for every trained network that has no opening; how many are being evaluated."""
    earlier = _times_opened(kept)
    pending = 0
    for study in searches:
        for network in final_networks(study):
            if network.is_trained and not network.openings:
                finalist = network.finalist
                openings.open_test_split(finalist_id=finalist.pk, earlier=earlier[finalist.architecture_id])
                pending += 1
            elif network.pending_opening is not None:
                pending += 1
    return pending


def _times_opened(kept: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
    """Openings in the journal by architecture; 0 for the others."""
    numbers: dict[str, int] = defaultdict(int)
    for line in kept:
        if line["kind"] == OPENING:
            architecture = architecture_hash(line)
            numbers[architecture] = max(numbers[architecture], line["number"])
    return numbers
