"""Finalists of a study and the baselines of its recipe: what their seeds and the openings of the test split gave."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Q
from django.utils.functional import cached_property

from nas_engine.energy.traces.statistics import RepeatStatistics, repeat_statistics
from nas_engine.reward import reward
from webapp.models import Dataset, Finalist, Run, SplitOpening, Study, Trial
from webapp.queries.energy_estimates import CurrentEstimate, estimate_of, with_estimates
from webapp.storage import hash_in_name
from webapp.translation import reward_parameters

RECIPE = ("full_epochs", "qat_epochs", "batch_size", "runtime")
"""Settings that the finalists of a study and its baselines share."""
_UNUSED = ("suggestion", "seconds", "environment", "runtimes", "stopping", "architecture__spec")


@dataclass(frozen=True, slots=True)
class Seed:
    """One training of a finalist. Accuracy is int8, on the evaluation split (0..1); `reward` is by the study shown."""

    trial: Trial
    estimate: CurrentEstimate
    reward: float | None

    @property
    def is_completed(self) -> bool:
        return self.trial.state == Trial.State.COMPLETED


@dataclass(frozen=True, slots=True)
class MeasuredEnergy:
    """Measured energy per inference in mJ of one network on one device; its repeats are runs."""

    device: str
    repeats_mj: tuple[float, ...]

    @property
    def statistics(self) -> RepeatStatistics:
        return repeat_statistics(self.repeats_mj)


@dataclass(frozen=True)
class FinalNetwork:
    """A finalist or a baseline with its latest training for each seed, and the openings for it, the latest first.

    Statistics are over the completed seeds; None without one. `openings` are those on the present features, `measured`
    the energies by device, first that of the study's energy model.
    """

    finalist: Finalist
    seeds: tuple[Seed, ...]
    openings: tuple[SplitOpening, ...]
    measured: tuple[MeasuredEnergy, ...] = ()

    @property
    def completed(self) -> tuple[Seed, ...]:
        return tuple(seed for seed in self.seeds if seed.is_completed)

    @property
    def is_open(self) -> bool:
        """Whether seeds wait or are being trained."""
        return any(seed.trial.state in Trial.OPEN for seed in self.seeds)

    @property
    def is_trained(self) -> bool:
        return bool(self.completed) and not self.is_open

    @property
    def is_baseline(self) -> bool:
        return self.finalist.chosen == Finalist.Chosen.BASELINE

    @cached_property
    def accuracy(self) -> RepeatStatistics | None:
        """int8 accuracy on the evaluation split (0..1)."""
        return _over(seed.trial.int8_accuracy for seed in self.completed)

    @cached_property
    def reward(self) -> RepeatStatistics | None:
        """Equation 1 with the thresholds of the study that the network is shown with."""
        return _over(seed.reward for seed in self.completed)

    @cached_property
    def flash_bytes(self) -> RepeatStatistics | None:
        """Size of the .tflite files."""
        return _over(seed.trial.flash_bytes for seed in self.completed)

    @property
    def estimate(self) -> CurrentEstimate | None:
        """Energy estimate; the same for all seeds, as it is of the architecture."""
        return self.completed[0].estimate if self.completed else None

    @property
    def opening(self) -> SplitOpening | None:
        """The latest opening with a result."""
        return next((one for one in self.openings if one.state == SplitOpening.State.READY), None)

    @property
    def pending_opening(self) -> SplitOpening | None:
        return next((one for one in self.openings if one.state == SplitOpening.State.EVALUATING), None)

    @property
    def test_accuracy(self) -> RepeatStatistics | None:
        """int8 accuracy on the test split (0..1), of the latest opening with a result."""
        return _over(one.test_accuracy for one in self.opening.results.all()) if self.opening else None

    @property
    def times_opened(self) -> int:
        """How often the test split was opened for the network; a figure after the first opening is marked."""
        return self.openings[0].number if self.openings else 0


def _over(values: Iterable[float | None]) -> RepeatStatistics | None:
    present = [float(value) for value in values if value is not None]
    return repeat_statistics(present) if present else None


def finals_of(study: Study) -> Q:
    """Condition on FINALS studies: that of the study itself, and that of the baselines of its recipe."""
    recipe = {name: getattr(study, name) for name in RECIPE}
    shared = Q(parent=None, dataset=study.dataset_id, **recipe)
    return Q(kind=Study.Kind.FINALS) & (Q(parent=study.pk) | shared)


def final_networks(study: Study) -> tuple[FinalNetwork, ...]:
    """Finalists of a study, then the baselines of its recipe, each in the order of choice. Five queries."""
    containers = Study.objects.filter(finals_of(study)).values("pk")
    related = ("architecture", "source", "finals")
    found = list(
        Finalist.objects.filter(finals__in=containers)
        .select_related(*related)
        .defer("architecture__spec", "finals__space_spec")
        .order_by(F("finals__parent").asc(nulls_last=True), "pk")
    )
    if not found:
        return ()
    seeds = _seeds(study, {one.finals_id for one in found})
    architectures = {one.architecture_id for one in found}
    openings, measured = _openings(study, architectures), _measured(study, architectures)
    return tuple(
        FinalNetwork(
            one,
            tuple(seeds.get((one.finals_id, one.architecture_id), ())),
            tuple(openings[one.architecture_id]),
            measured.get(one.architecture_id, ()),
        )
        for one in found
    )


def features_hash(dataset: Dataset) -> str:
    """SHA-256 of the feature pack, "" before the data set is prepared."""
    return hash_in_name(dataset.pack.name or "") if dataset.pack else ""


def _seeds(study: Study, finals: Iterable[int]) -> Mapping[tuple[int, str], Sequence[Seed]]:
    """The latest training of each seed by (FINALS study, architecture), in the order of the seeds."""
    rows = with_estimates(Trial.objects.filter(study__in=list(finals)), study.energy_model_id)
    parameters = reward_parameters(study)
    latest: dict[tuple[int, str, int], Seed] = {}
    for trial in rows.select_related("architecture").defer(*_UNUSED).order_by("seed", "number"):
        estimate, worth = estimate_of(trial), None
        if trial.state == Trial.State.COMPLETED:
            worth = reward(trial.int8_accuracy or 0.0, estimate.energy_mj or 0.0, trial.flash_bytes or 0, parameters)
        latest[trial.study_id, trial.architecture_id, trial.seed] = Seed(trial, estimate, worth)
    by_network: dict[tuple[int, str], list[Seed]] = defaultdict(list)
    for (finals_id, architecture, _), seed in latest.items():
        by_network[finals_id, architecture].append(seed)
    return by_network


def _openings(study: Study, architectures: Iterable[str]) -> Mapping[str, Sequence[SplitOpening]]:
    """Openings on the present features by architecture, the latest first."""
    rows = SplitOpening.objects.filter(data_hash=features_hash(study.dataset), architecture__in=list(architectures))
    by_network: dict[str, list[SplitOpening]] = defaultdict(list)
    for row in rows.select_related("opened_by").prefetch_related("results").defer("clips").order_by("-number"):
        by_network[row.architecture_id].append(row)
    return by_network


def _measured(study: Study, architectures: Iterable[str]) -> Mapping[str, tuple[MeasuredEnergy, ...]]:
    """Energies of the runs of each architecture by device, in the order of `FinalNetwork.measured`."""
    runs = Run.objects.filter(architecture__in=list(architectures), state=Run.State.READY, energy_mj__gt=0)
    repeats: dict[str, dict[str, tuple[float, ...]]] = defaultdict(dict)
    rows = runs.order_by("computed_at", "pk").values_list("architecture", "campaign__device__name", "energy_mj")
    for architecture, device, energy_mj in rows:
        by_device = repeats[str(architecture)]
        by_device[device] = (*by_device.get(device, ()), float(energy_mj or 0.0))
    preferred = study.energy_model.device.name if study.energy_model is not None else ""
    return {
        architecture: tuple(
            MeasuredEnergy(device, by_device[device])
            for device in sorted(by_device, key=lambda name: (name != preferred, name))
        )
        for architecture, by_device in repeats.items()
    }
