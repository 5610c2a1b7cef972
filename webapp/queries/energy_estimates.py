"""Current energy estimates and rewards of trials: by the energy model of their study, else by the published figures.

A finished trial is never rewritten. Its energy estimates, one per energy model, are rows of their own
(`TrialEnergyEstimate`); a study shows those of its present model. Trials older than these rows were estimated by the
published figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Coalesce

from nas_engine.energy.estimators.analytical import SOURCE
from webapp.models import Study, Trial, TrialEnergyEstimate, TrialQuerySet
from webapp.queries.energy_models import large_fields

ENERGY, REWARD, ENERGY_SOURCE = "current_energy_mj", "current_reward", "current_energy_source"
"""The columns that `with_estimates` adds, for filters and orders."""
_LOW, _HIGH, _OUTSIDE, _FORMULA = "current_low_mj", "current_high_mj", "current_outside", "current_formula"


@dataclass(frozen=True, slots=True)
class CurrentEstimate:
    """A trial's energy and reward by one energy model; None before it has a result.

    `low_mj` and `high_mj` bound 90 % of measurements, where the model gives an interval; `outside` lists the
    features in which the network lies outside of the measured ones. `source` and `formula` name the origin of both.
    """

    energy_mj: float | None
    reward: float | None
    source: str
    low_mj: float | None = None
    high_mj: float | None = None
    outside: tuple[str, ...] = ()
    formula: str = ""

    @property
    def tag(self) -> str:
        return energy_tag(self.source)

    @property
    def source_text(self) -> str:
        return in_words(self.source)


def with_estimates(trials: TrialQuerySet, energy_model_id: int | None) -> TrialQuerySet:
    """`trials` with their estimates by this model, None for the published figures, as the columns named above."""
    by_model = (
        Q(energy_estimates__energy_model=energy_model_id)
        if energy_model_id
        else Q(energy_estimates__energy_model__isnull=True)
    )
    return trials.annotate(estimate=FilteredRelation("energy_estimates", condition=by_model)).annotate(
        **{
            ENERGY: Coalesce("estimate__energy_mj", "energy_mj"),
            REWARD: Coalesce("estimate__reward", "reward"),
            ENERGY_SOURCE: Coalesce("estimate__source", "energy_source"),
            _LOW: F("estimate__low_mj"),
            _HIGH: F("estimate__high_mj"),
            _OUTSIDE: F("estimate__outside"),
            _FORMULA: F("estimate__formula"),
        }
    )


def without_unknown(trials: TrialQuerySet, energy_model_id: int | None) -> TrialQuerySet:
    """Trials from `with_estimates` but for completed ones that the model gives no energy of: an NPU knows none of a
    network that was not compiled.
    """
    if energy_model_id is None:
        return trials
    return trials.exclude(**{"state": Trial.State.COMPLETED, "estimate__isnull": True})


def trials_with_estimates(study: Study) -> TrialQuerySet:
    """The study's trials with their current estimates."""
    return with_estimates(Trial.objects.filter(study=study), study.energy_model_id)


def estimate_of(trial: Trial) -> CurrentEstimate:
    """Estimate of a trial that comes from `with_estimates`."""
    return CurrentEstimate(
        energy_mj=getattr(trial, ENERGY),
        reward=getattr(trial, REWARD),
        source=getattr(trial, ENERGY_SOURCE),
        low_mj=getattr(trial, _LOW),
        high_mj=getattr(trial, _HIGH),
        outside=tuple(getattr(trial, _OUTSIDE) or ()),
        formula=getattr(trial, _FORMULA) or "",
    )


def current_estimate(trial: Trial, estimates: Iterable[TrialEnergyEstimate]) -> CurrentEstimate:
    """The one of the trial's `estimates` that its study shows. No query if the trial's study is loaded."""
    row = next((row for row in estimates if row.energy_model_id == trial.study.energy_model_id), None)
    return _estimate(row) if row else CurrentEstimate(trial.energy_mj, trial.reward, trial.energy_source)


def estimates_by_model(trial_ids: Iterable[int], energy_model_id: int | None) -> Mapping[int, CurrentEstimate]:
    """Estimates of these trials, of any studies, by one model; trials without one are left out. One query."""
    rows = TrialEnergyEstimate.objects.filter(trial__in=list(trial_ids), energy_model_id=energy_model_id)
    return {row.trial_id: _estimate(row) for row in rows}


def all_estimates(trial: Trial) -> Sequence[TrialEnergyEstimate]:
    """All energy estimates of the trial, the newest first. One query."""
    estimates = TrialEnergyEstimate.objects.filter(trial=trial).select_related("energy_model__device")
    return list(estimates.defer(*large_fields("energy_model")).order_by("-pk"))


def _estimate(row: TrialEnergyEstimate) -> CurrentEstimate:
    return CurrentEstimate(
        row.energy_mj, row.reward, row.source, row.low_mj, row.high_mj, tuple(row.outside), row.formula
    )


def is_estimate(energy_source: str) -> bool:
    """Whether an energy was estimated from published figures, with nothing measured behind it."""
    return energy_source.startswith("estimate")


def energy_tag(energy_source: str) -> str:
    """Tag of an energy on pages: "estimate", or "predicted" by a model trained on measurements."""
    return "" if not energy_source else "estimate" if is_estimate(energy_source) else "predicted"


def in_words(energy_source: str) -> str:
    """Such as "estimate from published figures", "predicted by Pixel 4 XL, model 3"."""
    return energy_source if is_estimate(energy_source) else f"predicted by {energy_source}"


def source_of(study: Study) -> str:
    """Source of the energies of this study, in words. No query if its energy model and device are loaded."""
    return study.energy_model.source if study.energy_model else SOURCE
