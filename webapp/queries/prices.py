"""What trials cost today: by the energy model that a study points at, else as they were priced when they ended.

A finished trial is never rewritten. Its prices, one an energy model, are rows of their own (`TrialPrice`), and a study
shows those of its present model. Trials from before there were such rows were priced by the published figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.db.models.functions import Coalesce

from nas_engine.energy.prior import SOURCE
from webapp.models import Study, Trial, TrialPrice
from webapp.queries.energy_models import large_fields

ENERGY, REWARD, ENERGY_SOURCE = "priced_energy_mj", "priced_reward", "priced_source"
"""The columns that `priced` adds, for filters and orders."""
_LOW, _HIGH, _OUTSIDE, _FORMULA = "priced_low_mj", "priced_high_mj", "priced_outside", "priced_formula"


@dataclass(frozen=True, slots=True)
class CurrentPrice:
    """A trial's energy and reward by one energy model; None before it has a result.

    `low_mj` and `high_mj` bound 90 % of measurements, where the model gives an interval; `outside` says in what the
    network lies outside of what was measured. `source` and `formula` say whose figures these are.
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
    def told(self) -> str:
        return in_words(self.source)


def priced(trials: QuerySet[Trial], energy_model_id: int | None) -> QuerySet[Trial]:
    """`trials` with their prices by this model, None for the published figures, as the columns named above."""
    by_model = Q(prices__energy_model=energy_model_id) if energy_model_id else Q(prices__energy_model__isnull=True)
    return trials.annotate(price=FilteredRelation("prices", condition=by_model)).annotate(
        **{
            ENERGY: Coalesce("price__energy_mj", "energy_mj"),
            REWARD: Coalesce("price__reward", "reward"),
            ENERGY_SOURCE: Coalesce("price__source", "energy_source"),
            _LOW: F("price__low_mj"),
            _HIGH: F("price__high_mj"),
            _OUTSIDE: F("price__outside"),
            _FORMULA: F("price__formula"),
        }
    )


def priced_trials(study: Study) -> QuerySet[Trial]:
    """The study's trials at their present prices."""
    return priced(Trial.objects.filter(study=study), study.energy_model_id)


def price_of(trial: Trial) -> CurrentPrice:
    """The price of a trial that comes from `priced`."""
    return CurrentPrice(
        energy_mj=getattr(trial, ENERGY),
        reward=getattr(trial, REWARD),
        source=getattr(trial, ENERGY_SOURCE),
        low_mj=getattr(trial, _LOW),
        high_mj=getattr(trial, _HIGH),
        outside=tuple(getattr(trial, _OUTSIDE) or ()),
        formula=getattr(trial, _FORMULA) or "",
    )


def present_price(trial: Trial, prices: Iterable[TrialPrice]) -> CurrentPrice:
    """The one of the trial's `prices` that its study shows. No query if the trial's study is loaded."""
    row = next((row for row in prices if row.energy_model_id == trial.study.energy_model_id), None)
    return _price(row) if row else CurrentPrice(trial.energy_mj, trial.reward, trial.energy_source)


def prices_by_model(trial_ids: Iterable[int], energy_model_id: int | None) -> Mapping[int, CurrentPrice]:
    """The prices of these trials, of whatever studies, by one model; those it has none of are left out. One query."""
    rows = TrialPrice.objects.filter(trial__in=list(trial_ids), energy_model_id=energy_model_id)
    return {row.trial_id: _price(row) for row in rows}


def all_prices(trial: Trial) -> Sequence[TrialPrice]:
    """Every price the trial has had, the newest first. One query."""
    prices = TrialPrice.objects.filter(trial=trial).select_related("energy_model__device")
    return list(prices.defer(*large_fields("energy_model")).order_by("-pk"))


def _price(row: TrialPrice) -> CurrentPrice:
    return CurrentPrice(row.energy_mj, row.reward, row.source, row.low_mj, row.high_mj, tuple(row.outside), row.formula)


def is_estimate(energy_source: str) -> bool:
    """Whether an energy was estimated from published figures, with nothing measured behind it."""
    return energy_source.startswith("estimate")


def energy_tag(energy_source: str) -> str:
    """What pages must say beside an energy: an "estimate", or "predicted" by a model learnt from measurements."""
    return "" if not energy_source else "estimate" if is_estimate(energy_source) else "predicted"


def in_words(energy_source: str) -> str:
    """Such as "estimate from published figures", "predicted by Pixel 4 XL, model 3"."""
    return energy_source if is_estimate(energy_source) else f"predicted by {energy_source}"


def source_of(study: Study) -> str:
    """In words, where the energies of this study come from. No query if its energy model and device are loaded."""
    return str(study.energy_model) if study.energy_model_id else SOURCE
