"""Page of a study's finalists: their trainings, the openings of the test split, and comparisons in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nas_engine.statistics.sentences import arithmetic, comparison, optimism_arithmetic, optimism_words
from nas_engine.statistics.values import EnergyRatio
from webapp.models import Finalist, SplitOpening, Study, Trial
from webapp.queries.detection import measure_words
from webapp.queries.energy_estimates import in_words
from webapp.queries.finals import FinalNetwork, final_networks, final_networks_of
from webapp.queries.opening_statistics import Ratio, difference_of, energy_ratios, statistics_in
from webapp.queries.pages.expected_rewards import expected_rewards
from webapp.queries.pages.results import Results, results


class LaterOpening(NamedTuple):
    """A network whose test figure is of opening `number` > 1, not of clips that nobody had looked at."""

    network: str
    number: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A comparison or a caution in words, with the arithmetic behind it; `network` is what it is about."""

    network: str
    words: str
    arithmetic: str
    later_openings: tuple[LaterOpening, ...] = ()


def finalists_context(study: Study, ratio: Ratio = EnergyRatio) -> dict[str, Any]:
    """The whole page. A constant number of queries. `ratio` compares energies: by default without an interval."""
    networks = final_networks(study)
    own = tuple(one for one in networks if not one.is_baseline)
    tested = [one for one in networks if one.opening is not None]
    return {
        "study": study,
        "measure": measure_words(study),
        "finalists": own,
        "baselines": tuple(one for one in networks if one.is_baseline),
        "best": best_by_reward(own),
        "openings": _log(networks),
        "is_live": any(one.is_open or one.pending_opening for one in networks),
        "comparisons": _comparisons([(one.finalist.label, one) for one in tested], ratio),
        "cautions": tuple(_cautions(tested)),
        "energy_words": in_words(networks[0].estimate.source) if networks and networks[0].estimate else "",
    }


@dataclass(frozen=True, slots=True)
class ComparedNetwork:
    """A network of a comparison; a baseline, which studies share, has no `study` and the short name ""."""

    network: FinalNetwork
    study: Study | None
    short_name: str

    @property
    def name(self) -> str:
        label = self.network.finalist.label
        return f"{self.short_name}, {label}" if self.short_name else label


def named_networks(studies: Sequence[tuple[Study, str]]) -> tuple[ComparedNetwork, ...]:
    """Finalists of studies, given with their short names, then their baselines, each once."""
    return _named(studies, final_networks_of([study for study, _ in studies]))


def _named(
    studies: Sequence[tuple[Study, str]], by_study: Mapping[int, Sequence[FinalNetwork]]
) -> tuple[ComparedNetwork, ...]:
    """Energies and rewards of a baseline are those of the first study that shows it."""
    own = [
        ComparedNetwork(one, study, name)
        for study, name in studies
        for one in by_study[study.pk]
        if not one.is_baseline
    ]
    shared: dict[int, FinalNetwork] = {}
    for one in (one for study, _ in studies for one in by_study[study.pk] if one.is_baseline):
        shared.setdefault(one.finalist.pk, one)
    return (*own, *(ComparedNetwork(one, None, "") for one in shared.values()))


def compared_finalists_context(studies: Sequence[tuple[Study, str]]) -> dict[str, Any]:
    """Finalists and baselines of the studies of a comparison, and the best tested ones in words.

    Each study's best is compared with the baselines by the study's own energy predictor.
    """
    by_study = final_networks_of([study for study, _ in studies])
    named = _named(studies, by_study)
    best: set[int] = set()
    statements: list[Statement] = []
    for study, name in studies:
        found = best_by_reward(one for one in by_study[study.pk] if not one.is_baseline)
        if found is None:
            continue
        best.add(found.finalist.pk)
        baselines = [one for one in by_study[study.pk] if one.is_baseline]
        tested = [one for one in (found, *baselines) if one.opening is not None]
        named_so = [(one.finalist.label if one.is_baseline else f"{name}, {one.finalist.label}", one) for one in tested]
        statements += _comparisons(named_so)
    return {
        "networks": named,
        "best_finalists": best,
        "openings": _log(one.network for one in named),
        "finalists_of": [study for study, _ in studies],
        "comparisons": statements,
    }


def best_by_reward(networks: Iterable[FinalNetwork]) -> FinalNetwork | None:
    """The network with the best mean reward on the evaluation split, of those whose seeds are all trained."""
    trained = [one for one in networks if one.is_complete and one.reward is not None]
    return max(trained, key=lambda one: one.reward.mean if one.reward else 0.0, default=None)


def chosen_trials(study: Study, how: str, top: int, numbers: Sequence[int]) -> list[int]:
    """Ids of the completed trials that become finalists, the best by reward first; by hand in the order given.

    Trials at chance are left out, as are numbers that no completed trial has: the service answers for those. By
    expected reward, the measured ones stand in where the trials are too few to expect anything. A network that was
    trained several times is chosen once, by its best trial, of equals the first. At most three queries.
    """
    found = results(study)
    if how == Finalist.Chosen.HAND:
        by_number = dict(zip(found.numbers.tolist(), found.trial_ids.tolist(), strict=True))
        return [by_number.get(number, 0) for number in numbers]
    eligible = found.on_energy_front if how == Finalist.Chosen.FRONT else found.above_chance
    expected = expected_rewards(study, found) if how == Finalist.Chosen.EXPECTED else None
    best = _best(found, found.reward if expected is None else expected.reward, eligible)
    return _one_a_network(best)[:top]


def _best(found: Results, reward: NDArray[np.float64], eligible: NDArray[np.bool_]) -> list[int]:
    order = np.argsort(-reward, kind="stable")
    ids: list[int] = found.trial_ids[order[eligible[order]]].tolist()
    return ids


def _one_a_network(trial_ids: Sequence[int]) -> list[int]:
    """The first trial of each network."""
    networks = dict(Trial.objects.filter(pk__in=trial_ids).values_list("pk", "architecture"))
    first: dict[str, int] = {}
    for trial_id in trial_ids:
        first.setdefault(networks.get(trial_id, str(trial_id)), trial_id)
    return list(first.values())


def _log(networks: Iterable[FinalNetwork]) -> list[SplitOpening]:
    """Each opening once, the latest first."""
    found = {opening.pk: opening for one in networks for opening in one.openings}
    return sorted(found.values(), key=lambda opening: (opening.opened_at, opening.pk), reverse=True)


def _comparisons(tested: Sequence[tuple[str, FinalNetwork]], compared: Ratio = EnergyRatio) -> tuple[Statement, ...]:
    """Each tested finalist against each tested baseline, in the order of the table; networks by name."""
    ratios = energy_ratios([one for _, one in tested], compared)
    own = [(name, one) for name, one in tested if not one.is_baseline]
    statements = []
    for name, one, other in [(*network, other) for network in own for _, other in tested if other.is_baseline]:
        difference, ratio = difference_of(one, other), ratios.get((one.finalist.pk, other.finalist.pk))
        if difference is not None and ratio is not None:
            words = comparison(ratio, difference, other.finalist.label)
            later = _later_openings((name, one), (other.finalist.label, other))
            statements.append(Statement(name, words, arithmetic(ratio, difference), later))
    return tuple(statements)


def _later_openings(*networks: tuple[str, FinalNetwork]) -> tuple[LaterOpening, ...]:
    return tuple(
        LaterOpening(name, one.opening.number)
        for name, one in networks
        if one.opening is not None and one.opening.number > 1
    )


def _cautions(tested: Iterable[FinalNetwork]) -> Iterable[Statement]:
    """How far evaluation lies above test, for each tested network."""
    for one in tested:
        found = statistics_in(one.opening)
        if found is not None and found.optimism is not None:
            name, words = one.finalist.label, optimism_words(found.optimism)
            yield Statement(name, words, optimism_arithmetic(found.optimism), _later_openings((name, one)))
