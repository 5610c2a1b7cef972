"""Tables of a study's page, of its finalists and of compared studies, as columns and bare values."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nas_engine.energy.traces.statistics import RepeatStatistics
from webapp.models import Comparison, Study
from webapp.queries.finals import FinalNetwork, final_networks
from webapp.queries.pages.baselines import baselines_shown_with, compared_with
from webapp.queries.pages.choice import at_equal_accuracy
from webapp.queries.pages.comparison import compared_rows, compared_studies, short_name
from webapp.queries.pages.finals import named_networks
from webapp.queries.pages.results import bests, results
from webapp.queries.pages.shortlist import shortlist
from webapp.queries.pages.tables import Table
from webapp.queries.setting_differences import differences_of

_BASELINE = (
    "network", "trial", "int8_accuracy", "accuracy_in_reward", "accuracy_difference", "energy_mj", "energy_source",
    "energy_times", "flash_bytes", "flash_times", "parameters", "flops", "reward",
)  # fmt: skip
_EQUAL = ("baseline", "baseline_accuracy", "trial", "accuracy", "energy_times_less")
_SHORTLISTED = ("trial", "reward", "int8_accuracy", "energy_mj", "flash_bytes")
_MEANS = ("int8_accuracy", "test_accuracy", "detection_rate", "reward", "flash_bytes")
_FINAL = (
    "study", "network", "baseline", "seeds", "seeds_completed",
    *(f"{name}_{part}" for name in _MEANS for part in ("mean", "sd", "low95", "high95")),
    "energy_mj", "energy_source", "flops", "parameters", "times_opened",
)  # fmt: skip
_STUDY = (
    "study", "state", "trials_done", "trial_budget", "best_trial", "reward", "int8_accuracy", "accuracy_in_reward",
    "energy_mj", "energy_source", "flash_bytes",
)  # fmt: skip


def baselines(study: Study) -> Table:
    """Completed baselines of the dataset, compared with the study's best trial."""
    found = baselines_shown_with(study)
    compared = compared_with(found.rows, study, bests(results(study)).by_reward) if found else ()
    return _BASELINE, [
        {
            "network": one.row.name,
            "trial": one.row.number,
            "int8_accuracy": one.row.int8_accuracy,
            "accuracy_in_reward": one.row.accuracy,
            "energy_mj": one.row.energy_mj,
            "energy_source": one.row.estimate.source,
            **{name: getattr(one.row, name) for name in ("flash_bytes", "parameters", "flops")},
            **{name: getattr(one, name) for name in ("accuracy_difference", "energy_times", "flash_times", "reward")},
        }
        for one in compared
    ]


def equal_accuracy(study: Study) -> Table:
    """The trial of least energy that is as accurate as each baseline, and how many times less that is."""
    trials, found = results(study), baselines_shown_with(study)
    equal = at_equal_accuracy(study, trials, found.comparable) if found and len(trials) else ()
    values = ((one.name, one.baseline_accuracy, one.number, one.accuracy, one.times) for one in equal)
    return _EQUAL, [dict(zip(_EQUAL, row, strict=True)) for row in values]


def shortlisted(study: Study) -> Table:
    """The trials of the study's shortlist."""
    return _SHORTLISTED, [
        {"trial": row.number, **{name: getattr(row, name) for name in _SHORTLISTED[1:]}}
        for row in shortlist(study, results(study)).rows
    ]


def finalists(study: Study) -> Table:
    """The finalists of a study, then its baselines, each as means over seeds."""
    return _FINAL, [_final(one, study.name) for one in final_networks(study)]


def studies(comparison: Comparison) -> Table:
    """The compared studies, each with its best trial."""
    return _STUDY, [
        {
            "study": row.study.name,
            "state": row.study.state,
            "trials_done": row.done,
            "trial_budget": row.study.trial_budget,
            "best_trial": row.best.number if row.best else None,
            "accuracy_in_reward": row.best.accuracy if row.best else None,
            **{
                name: getattr(row.best, name, None)
                for name in ("reward", "int8_accuracy", "energy_mj", "energy_source", "flash_bytes")
            },
        }
        for row in compared_rows(comparison)
    ]


def compared_finalists(comparison: Comparison) -> Table:
    """Finalists of all compared studies, then their baselines."""
    named = named_networks([(study, short_name(study, comparison)) for study in compared_studies(comparison)])
    return _FINAL, [_final(one.network, one.study.name if one.study else "") for one in named]


def setting_differences(comparison: Comparison) -> Table:
    """Settings in which the compared studies differ, with a column for each study."""
    compared = compared_studies(comparison)
    columns = ["setting", *(f"{number} {study.name}" for number, study in enumerate(compared, start=1))]
    rows = differences_of(list(compared)).settings
    return columns, [dict(zip(columns, (row.label, *row.values), strict=True)) for row in rows]


def _final(one: FinalNetwork, study: str) -> Mapping[str, Any]:
    estimate, network = one.estimate, one.finalist.architecture
    found = (one.accuracy, one.test_accuracy, one.detection_rate, one.reward, one.flash_bytes)
    return {
        "study": study,
        "network": one.finalist.label,
        "baseline": one.is_baseline,
        "seeds": one.finalist.seeds,
        "seeds_completed": len(one.completed),
        **{key: value for name, mean in zip(_MEANS, found, strict=True) for key, value in _mean(name, mean)},
        "energy_mj": estimate.energy_mj if estimate else None,
        "energy_source": estimate.source if estimate else None,
        "flops": network.flops,
        "parameters": network.parameters,
        "times_opened": one.times_opened,
    }


def _mean(name: str, found: RepeatStatistics | None) -> Iterable[tuple[str, float | None]]:
    for part in ("mean", "sd", "low95", "high95"):
        yield f"{name}_{part}", getattr(found, part, None)


OF_A_STUDY: Mapping[str, Callable[[Study], Table]] = {
    "baselines": baselines,
    "equal-accuracy": equal_accuracy,
    "shortlist": shortlisted,
    "finalists": finalists,
}
OF_COMPARED_STUDIES: Mapping[str, Callable[[Comparison], Table]] = {
    "studies": studies,
    "finalists": compared_finalists,
    "setting-differences": setting_differences,
}
