"""Every figure of a run of results as plain values: what is shown on its page, and kept as JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nas_engine.cost import cost
from nas_engine.energy.traces.statistics import RepeatStatistics
from nas_engine.paper.tables import estimated_sizes
from nas_engine.statistics.ratios import energy_ratio
from nas_engine.statistics.sentences import arithmetic, comparison, optimism_words
from nas_engine.statistics.values import EnergyRatio
from webapp import translation
from webapp.management.results.run import ResultsRun
from webapp.management.results.streams import stream_values
from webapp.models import StoredArchitecture, Study, Trial
from webapp.queries.finals import FinalNetwork, final_networks
from webapp.queries.opening_statistics import difference_of, energy_ratios, statistics_in
from webapp.queries.pages.finals import best_by_reward
from webapp.queries.pages.results import bests, results
from webapp.queries.table1 import table1_of


def values_of(run: ResultsRun, dataset: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Searches, networks and differences of a run, as far as it has come."""
    by_study = {study.name: final_networks(study) for study in run.searches}
    networks = _each_once(by_study)
    return {
        "dataset": dataset,
        "settings": dict(settings),
        "searches": [_search(study) for study in run.searches],
        "table1": [line.to_json() for line in table1_of(run.searches)],
        "networks": [_network(study, one) for study, one in networks],
        "differences": _differences(networks),
        "best": {study: _label(study, best) for study, ones in by_study.items() if (best := _best(ones)) is not None},
        "streams": stream_values(run.searches),
        "environment": _environment(run.searches),
        "failures": run.failures(),
    }


def _each_once(by_study: Mapping[str, Sequence[FinalNetwork]]) -> list[tuple[str, FinalNetwork]]:
    """(study, network): the finalists of each search, then the baselines, which all searches share."""
    own = [(study, one) for study, ones in by_study.items() for one in ones if not one.is_baseline]
    shared = {one.finalist.pk: one for ones in by_study.values() for one in ones if one.is_baseline}
    return [*own, *(("", one) for one in shared.values())]


def _best(networks: Sequence[FinalNetwork]) -> FinalNetwork | None:
    return best_by_reward(one for one in networks if not one.is_baseline)


def _label(study: str, network: FinalNetwork) -> str:
    return f"{study}, {network.finalist.label}" if study else network.finalist.label


def _search(study: Study) -> dict[str, Any]:
    states = Counter(study.trials.values_list("state", flat=True))
    best = bests(results(study)).by_reward
    return {
        "name": study.name,
        "designer": study.designer,
        "space": study.space,
        "energy_step_mj": study.energy_step_mj,
        "trials": {state: states[state] for state in sorted(states)},
        "training_hours": round(_training_seconds(study) / 3600, 3),
        "best": None
        if best is None
        else {
            "trial": best.number,
            "accuracy": best.int8_accuracy,
            "reward_accuracy": best.accuracy,
            "energy_mj": best.energy_mj,
            "flash_bytes": best.flash_bytes,
            "reward": best.reward,
        },
    }


def _training_seconds(study: Study) -> float:
    """Of completed trials the sum over phases, wherever they ran; of others the time between start and end."""
    return sum(
        map(_seconds, study.trials.filter(finished_at__isnull=False).only("seconds", "started_at", "finished_at"))
    )


def _seconds(trial: Trial) -> float:
    if trial.seconds:
        return float(sum(trial.seconds.values()))
    return (trial.finished_at - trial.started_at).total_seconds() if trial.started_at and trial.finished_at else 0.0


def _network(study: str, one: FinalNetwork) -> dict[str, Any]:
    found = statistics_in(one.opening)
    row = one.finalist.architecture
    return {
        "name": _label(study, one),
        "study": study,
        "is_baseline": one.is_baseline,
        "architecture": row.hash,
        "seeds": len(one.completed),
        "evaluation": _over_seeds(one.accuracy),
        "test": _over_seeds(one.test_accuracy),
        "test_over_clips": found.test_clips.to_json() if found else None,
        "optimism": optimism_words(found.optimism) if found and found.optimism else None,
        "times_opened": one.times_opened,
        "energy_mj": one.estimate.energy_mj if one.estimate else None,
        "energy_source": one.estimate.source if one.estimate else "",
        "flash_bytes": round(one.flash_bytes.mean) if one.flash_bytes else None,
        "plain_flash_bytes": _plain_bytes(row),
        "flops": row.flops,
        "parameters": row.parameters,
        "reward": one.reward.mean if one.reward else None,
    }


def _plain_bytes(row: StoredArchitecture) -> int:
    """Estimated size of the file as the converter writes it, before it is packed."""
    full = StoredArchitecture.objects.only("spec").get(pk=row.pk)
    return estimated_sizes(cost(translation.architecture(full))).plain_bytes


def _over_seeds(found: RepeatStatistics | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"mean": found.mean, "sd": found.sd, "low95": found.low95, "high95": found.high95, "seeds": found.n}


def _differences(networks: Sequence[tuple[str, FinalNetwork]]) -> list[dict[str, Any]]:
    """Test accuracy of each tested finalist less that of each other tested network."""
    tested = [(name, one) for name, one in networks if one.opening is not None]
    ratios = energy_ratios([one for _, one in tested], energy_ratio)
    pairs = (
        (name, one, other_name, other)
        for name, one in tested
        for other_name, other in tested
        if one is not other and not one.is_baseline
    )
    found = (_difference(name, one, other_name, other, ratios) for name, one, other_name, other in pairs)
    return [one for one in found if one is not None]


def _difference(
    name: str,
    one: FinalNetwork,
    other_name: str,
    other: FinalNetwork,
    ratios: Mapping[tuple[int, int], EnergyRatio],
) -> dict[str, Any] | None:
    difference, ratio = difference_of(one, other), ratios.get((one.finalist.pk, other.finalist.pk))
    if difference is None or ratio is None:
        return None
    interval, label = difference.stated_interval, _label(other_name, other)
    return {
        "network": _label(name, one),
        "other": label,
        "difference": difference.difference,
        "low95": interval.low,
        "high95": interval.high,
        "energy_ratio": ratio.ratio,
        "words": comparison(ratio, difference, label),
        "arithmetic": arithmetic(ratio, difference),
    }


def _environment(searches: Iterable[Study]) -> dict[str, Any]:
    """Versions and machines of the latest completed trial of all searches."""
    latest = Trial.objects.filter(study__in=list(searches), state=Trial.State.COMPLETED).order_by("-finished_at")
    found = latest.values_list("environment", flat=True).first()
    return dict(found or {})
