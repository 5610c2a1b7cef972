"""Finalists of a study and the baselines of its recipe: what their seeds and the openings of the test split gave."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Q
from django.utils.functional import cached_property

from nas_engine.energy.traces.statistics import RepeatStatistics, repeat_statistics
from nas_engine.reward import reward
from webapp.models import Dataset, Finalist, SplitOpening, StreamDetection, Study, Trial
from webapp.queries.detection import detections_of
from webapp.queries.device_runs import DeviceRuns, preferred_first, runs_by_device
from webapp.queries.energy_estimates import CurrentEstimate, estimate_of, with_estimates
from webapp.storage import hash_in_name
from webapp.translation import plan_key, reward_parameters, stream_plan

RECIPE = ("full_epochs", "qat_epochs", "batch_size", "statistics_stride", "runtime")
"""Settings that the finalists of a study and its baselines share."""
_UNUSED = ("suggestion", "seconds", "environment", "runtimes", "stopping", "architecture__spec")


@dataclass(frozen=True, slots=True)
class Seed:
    """One training of a finalist. Accuracy is int8, on the evaluation split (0..1); `reward` is by the study shown.

    `detection_rate` (0..1) is that on the streams of the study shown, None where its reward takes the accuracy on
    clips, and for a published network that was not evaluated on them yet.
    """

    trial: Trial
    estimate: CurrentEstimate
    reward: float | None
    detection_rate: float | None = None

    @property
    def is_completed(self) -> bool:
        return self.trial.state == Trial.State.COMPLETED


@dataclass(frozen=True)
class FinalNetwork:
    """A finalist or a baseline with its latest training for each seed, and the openings for it, the latest first.

    Statistics are over the completed seeds; None without one. `openings` are those of the architecture on the present
    features, whoever trained it: they count. `measured` has the runs by device, first that of the study's energy model.
    """

    finalist: Finalist
    seeds: tuple[Seed, ...]
    openings: tuple[SplitOpening, ...]
    measured: tuple[DeviceRuns, ...] = ()

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
    def is_complete(self) -> bool:
        """Whether every requested seed is trained."""
        return not self.is_open and len(self.completed) >= self.finalist.seeds

    @property
    def is_baseline(self) -> bool:
        return self.finalist.chosen == Finalist.Chosen.BASELINE

    @cached_property
    def accuracy(self) -> RepeatStatistics | None:
        """int8 accuracy on the evaluation split (0..1)."""
        return _over(seed.trial.int8_accuracy for seed in self.completed)

    @cached_property
    def detection_rate(self) -> RepeatStatistics | None:
        """Detection rate on the streams of the study that the network is shown with (0..1)."""
        return _over(seed.detection_rate for seed in self.completed)

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
        """The latest opening whose results are of this training: of the same recipe, and not deleted since."""
        own = self.finalist.finals
        for one in self.openings:
            has_result = one.state == SplitOpening.State.READY and bool(one.results.all())
            if has_result and one.finalist is not None and _is_same_training(one.finalist.finals, own):
                return one
        return None

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


def recipe_of(study: Study) -> dict[str, Any]:
    """Data set and settings that the finalists of a study, and the baselines shown with them, are trained by."""
    return {name: getattr(study, name) for name in ("dataset_id", *RECIPE)}


def _is_same_training(one: Study, other: Study) -> bool:
    """Whether both train a network alike, so that equal seeds give equal weights."""
    return recipe_of(one) == recipe_of(other) and one.trial_share == other.trial_share


def _over(values: Iterable[float | None]) -> RepeatStatistics | None:
    present = [float(value) for value in values if value is not None]
    return repeat_statistics(present) if present else None


def finals_of(study: Study) -> Q:
    """Condition on FINALS studies: that of the study itself, and that of the baselines of its recipe."""
    return Q(kind=Study.Kind.FINALS) & (Q(parent=study.pk) | final_baselines_of(study))


def final_baselines_of(study: Study) -> Q:
    """Condition on the FINALS study of the baselines that are trained as the finalists of `study` are."""
    return Q(kind=Study.Kind.FINALS, parent=None, **recipe_of(study))


def final_networks(study: Study) -> tuple[FinalNetwork, ...]:
    """Finalists of a study, then the baselines of its recipe, each in the order of choice. Five queries."""
    return final_networks_of([study])[study.pk]


def final_networks_of(studies: Sequence[Study]) -> Mapping[int, tuple[FinalNetwork, ...]]:
    """`final_networks` of each study by its id. Four queries, and one for each energy model of the studies."""
    finalists = _finalists(studies)
    architectures = {one.architecture_id for ones in finalists.values() for one in ones}
    if not architectures:
        return {study.pk: () for study in studies}
    trials = _Trials({one.finals_id for ones in finalists.values() for one in ones})
    openings, measured = _openings(studies, architectures), runs_by_device(architectures)
    return {
        study.pk: tuple(
            FinalNetwork(
                one,
                trials.seeds(study, one),
                tuple(openings[study.dataset_id, one.architecture_id]),
                preferred_first(study, measured.get(one.architecture_id, ())),
            )
            for one in finalists[study.pk]
        )
        for study in studies
    }


def _finalists(studies: Sequence[Study]) -> Mapping[int, Sequence[Finalist]]:
    """Finalists of each study, then the baselines of its recipe. One query."""
    condition = reduce(or_, map(finals_of, studies), Q(pk=None))
    containers = Study.objects.filter(condition).values("pk")
    rows = Finalist.objects.filter(finals__in=containers).select_related("architecture", "source", "finals")
    found = list(rows.defer("architecture__spec").order_by(F("finals__parent").asc(nulls_last=True), "pk"))
    return {study.pk: [one for one in found if _belongs(one.finals, study)] for study in studies}


def _belongs(finals: Study, study: Study) -> bool:
    if finals.parent_id is not None:
        return finals.parent_id == study.pk
    return recipe_of(finals) == recipe_of(study)


class _Trials:
    """Trials of FINALS studies, with their energies by one energy model after another. One query for each, and one for
    each plan of streams that rewards take accuracies from.
    """

    def __init__(self, finals: Collection[int]) -> None:
        self._finals = finals
        self._by_model: dict[int | None, Mapping[tuple[int, str], Sequence[Trial]]] = {}
        self._by_plan: dict[str, Mapping[int, StreamDetection]] = {"": {}}

    def seeds(self, study: Study, finalist: Finalist) -> tuple[Seed, ...]:
        """The latest training of each seed, in the order of the seeds."""
        model_id = study.energy_model_id
        if model_id not in self._by_model:
            self._by_model[model_id] = self._read(model_id)
        key = plan_key(stream_plan(study))
        if key not in self._by_plan:
            shown = [trial.pk for trials in self._by_model[model_id].values() for trial in trials]
            self._by_plan[key] = detections_of(shown, key)
        found = self._by_model[model_id].get((finalist.finals_id, finalist.architecture_id), ())
        return tuple(_seed(trial, study, self._by_plan[key].get(trial.pk)) for trial in found)

    def _read(self, energy_model_id: int | None) -> Mapping[tuple[int, str], Sequence[Trial]]:
        rows = with_estimates(Trial.objects.filter(study__in=self._finals), energy_model_id)
        latest: dict[tuple[int, str, int], Trial] = {}
        for trial in rows.select_related("architecture").defer(*_UNUSED).order_by("seed", "number"):
            latest[trial.study_id, trial.architecture_id, trial.seed] = trial
        by_network: dict[tuple[int, str], list[Trial]] = defaultdict(list)
        for (finals_id, architecture, _), trial in latest.items():
            by_network[finals_id, architecture].append(trial)
        return by_network


def _seed(trial: Trial, study: Study, detection: StreamDetection | None) -> Seed:
    estimate, worth = estimate_of(trial), None
    rate = trial.stream_accuracy if detection is None else detection.accuracy
    accuracy = rate if study.is_on_streams else trial.int8_accuracy
    if trial.state == Trial.State.COMPLETED and accuracy is not None:
        energy_mj, flash_bytes = estimate.energy_mj or 0.0, trial.flash_bytes or 0
        worth = reward(accuracy, energy_mj, flash_bytes, reward_parameters(study))
    return Seed(trial, estimate, worth, rate if study.is_on_streams else None)


def features_hash(dataset: Dataset) -> str:
    """SHA-256 of the feature pack, "" before the data set is prepared."""
    return hash_in_name(dataset.pack.name or "") if dataset.pack else ""


def _openings(
    studies: Sequence[Study], architectures: Collection[str]
) -> Mapping[tuple[int, str], Sequence[SplitOpening]]:
    """Openings on the present features by data set and architecture, the latest first. Three queries."""
    hashes = {features_hash(study.dataset) for study in studies}
    rows = SplitOpening.objects.filter(data_hash__in=hashes, architecture__in=architectures)
    by_network: dict[tuple[int, str], list[SplitOpening]] = defaultdict(list)
    related = rows.select_related("opened_by", "finalist__finals").prefetch_related("results")
    for row in related.defer("clips", "finalist__finals__space_spec").order_by("-number"):
        for dataset_id in {study.dataset_id for study in studies if features_hash(study.dataset) == row.data_hash}:
            by_network[dataset_id, row.architecture_id].append(row)
    return by_network
