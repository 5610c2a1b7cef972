"""Rows to engine values and back: the only module that knows both shapes."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import cast

from nas_engine import architecture as engine
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.layouts.base import ReadingOptions
from nas_engine.baselines import Baseline
from nas_engine.constraints import ConstraintCheck, Constraints, Penalty, constraint_check, penalty_of
from nas_engine.cost import cost
from nas_engine.deployment.npu.limits import NpuLimits
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.evaluation_result import Runtime
from nas_engine.reward import RewardParameters
from nas_engine.search_space.architecture_features import block_vector, feature_vector
from nas_engine.search_space.paper_spaces import by_name
from nas_engine.search_space.space import SearchSpace
from nas_engine.search_space.spec import SpaceSpec
from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp import models
from webapp.energy_predictors import compiled_energies_mj, energy_estimate, is_known_once_compiled
from webapp.models.study import BYTES_PER_KB

MS_PER_S = 1000
POINTS = 100  # percentage points in an accuracy of 1
OPTION_FRONTEND = "frontend"
"""Where `Dataset.options` holds the fields of `FrontendConfig` that a user chose, among them its kind."""
OPTION_READING = "reading"
"""Where `Dataset.options` holds `ReadingOptions`: columns of lists, classes of ESC-50."""


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """Settings of an evaluation from its study and trial, as plain values that can be sent to another process."""

    full_epochs: int
    qat_epochs: int
    batch_size: int
    statistics_stride: int
    seed: int
    runtime: Runtime
    trial_share: float


def reward_parameters(study: models.Study) -> RewardParameters:
    """Equation 1's parameters, from the words of the form: kB and percentage points become bytes and shares."""
    return RewardParameters(
        energy_threshold_mj=study.energy_threshold_mj,
        energy_step_mj=study.energy_step_mj,
        energy_step_accuracy=study.energy_step_points / POINTS,
        flash_threshold_bytes=study.flash_threshold_kb * BYTES_PER_KB,
        flash_step_bytes=study.flash_step_kb * BYTES_PER_KB,
        flash_step_accuracy=study.flash_step_points / POINTS,
    )


def stream_plan(study: models.Study) -> EvaluationPlan | None:
    """Streams that the study's reward takes its accuracy from, None where it takes that on clips.

    The loop is that of a device without any choice made: a window a second, thresholds on single scores. Every study of
    equal settings hears the same streams, whatever its seed.
    """
    if not study.is_on_streams:
        return None
    target = FalseAlarmTarget(study.stream_alarms_per_hour, "all")
    return EvaluationPlan(hours=study.stream_hours, snr_db=(study.stream_snr_db,), target=target)


def plan_key(plan: EvaluationPlan | None) -> str:
    """Hash of a plan of streams, "" of none."""
    return "" if plan is None else hashlib.sha256(json.dumps(plan.to_json(), sort_keys=True).encode()).hexdigest()


def frontend(dataset: models.Dataset) -> FrontendConfig:
    """The front end that the dataset's features came from or, until it is prepared, will come from."""
    if dataset.frontend:
        return FrontendConfig.from_json(dataset.frontend)
    return FrontendConfig.of_kind(**dataset.options.get(OPTION_FRONTEND, {}))


def reading_options(dataset: models.Dataset) -> ReadingOptions:
    """How the source of the dataset is to be read. Raises BadDataset for options that no form makes."""
    return ReadingOptions.from_json(dataset.options.get(OPTION_READING, {}))


def constraints(study: models.Study) -> Constraints:
    """Constraints of the study on what is known of a suggestion; none unless they are enforced."""
    if not study.enforce_constraints:
        return Constraints()
    return Constraints(
        flash_bytes=_in_bytes(study.flash_limit_kb),
        peak_ram_bytes=_in_bytes(study.peak_ram_limit_kb),
        energy_mj=None if is_known_once_compiled(study) else study.energy_limit_mj,
    )


def npu_limits(study: models.Study) -> dict[str, NpuLimits]:
    """Limits on Vela's estimates by accelerator; empty where none is needed. Networks are compiled for each before
    training. A study that is no search has no limits, but its networks need an energy.
    """
    model, is_limited = study.energy_model, study.enforce_constraints and study.kind == models.Study.Kind.SEARCH
    found: dict[str, NpuLimits] = {}
    if model is not None and model.accelerator:
        found[model.accelerator] = NpuLimits(
            energy_mj=study.energy_limit_mj if is_limited else None, power_mw=model.power_mw
        )
    if is_limited and study.accelerator:
        found[study.accelerator] = replace(
            found.get(study.accelerator, NpuLimits()),
            seconds=None if study.npu_time_limit_ms is None else study.npu_time_limit_ms / MS_PER_S,
            sram_bytes=_in_bytes(study.npu_sram_limit_kb),
        )
    return found


def _in_bytes(size_kb: float | None) -> float | None:
    return None if size_kb is None else size_kb * BYTES_PER_KB


def check(study: models.Study) -> ConstraintCheck:
    """Constraint check of the study's suggestions: its hard limits, and that the network can be built."""
    return constraint_check(constraints(study), energy_estimate(study))


def penalty(study: models.Study) -> Penalty:
    """Penalty of the study's reward on an architecture's accuracy, by the estimates of its energy model; infinite
    where it violates the study's hard limits.
    """
    return penalty_of(reward_parameters(study), energy_estimate(study), constraints(study))


def penalty_in_training(study: models.Study) -> Penalty:
    """`penalty` of networks that have been claimed by a worker, so that their energy on an NPU is known; no limits."""

    def penalty_of_compiled(architecture: engine.Architecture) -> float:
        assert study.energy_model is not None
        found = compiled_energies_mj(study.energy_model, [architecture.hash])
        return penalty_of(reward_parameters(study), lambda counted: found.get(architecture.hash, 0.0))(architecture)

    if is_known_once_compiled(study):
        return penalty_of_compiled
    return penalty_of(reward_parameters(study), energy_estimate(study))


def new_search_space(study: models.Study) -> SearchSpace:
    """The named space, or the study's own edited one, with as many outputs as its dataset has classes."""
    classes = len(study.dataset.classes)
    if study.space != models.Study.Space.EDITED:
        return by_name(study.space, classes=classes)
    space = search_space(study)
    return replace(space, head=replace(space.head, classes=classes))


def baseline_network(baseline: Baseline, dataset: models.Dataset) -> engine.Architecture:
    """The published network with the dataset's classes as outputs and its features as input."""
    network, features = baseline.architecture(classes=len(dataset.classes)), frontend(dataset)
    return replace(network, stem=replace(network.stem, frames=features.frames, mel_bins=features.mel_bins))


def fitted_network(network: engine.Architecture, dataset: models.Dataset) -> engine.Architecture:
    """The network with the dataset's classes as outputs and its features as input."""
    features = frontend(dataset)
    stem = replace(network.stem, frames=features.frames, mel_bins=features.mel_bins)
    return replace(network, stem=stem, head=replace(network.head, classes=len(dataset.classes)))


def search_space(study: models.Study) -> SearchSpace:
    """Space that was fixed when the study was created."""
    return SearchSpace.from_json(study.space_spec)


def space_spec(study: models.Study) -> SpaceSpec:
    """The same space as a person edits it."""
    return SpaceSpec.from_search_space(search_space(study))


def architecture(row: models.StoredArchitecture) -> engine.Architecture:
    return engine.Architecture.from_json(row.spec)


def architecture_row(value: engine.Architecture) -> models.StoredArchitecture:
    """An unsaved row with the costs of the pure walk. Raises InfeasibleArchitecture where the network cannot exist."""
    total = cost(value)
    return models.StoredArchitecture(
        hash=value.hash,
        spec=value.to_json(),
        flops=total.flops,
        parameters=total.parameters,
        peak_activation_bytes=total.peak_activation_bytes,
    )


def violating_architecture_row(value: engine.Architecture) -> models.StoredArchitecture:
    """As `architecture_row`, but a network that cannot exist has costs of 0: there is nothing to count."""
    try:
        return architecture_row(value)
    except InfeasibleArchitecture:
        return models.StoredArchitecture(
            hash=value.hash, spec=value.to_json(), flops=0, parameters=0, peak_activation_bytes=0
        )


def trial_settings(trial: models.Trial) -> TrialSettings:
    study = trial.study
    return TrialSettings(
        full_epochs=study.full_epochs,
        qat_epochs=study.qat_epochs,
        batch_size=study.batch_size,
        statistics_stride=study.statistics_stride,
        seed=trial.seed,
        runtime=cast(Runtime, study.runtime),
        trial_share=study.trial_share,
    )


@dataclass(frozen=True, slots=True)
class Described:
    """Facts of a network before training, for a stopping rule; see `early_stopping.base.Curve`."""

    features: tuple[float, ...]
    blocks: tuple[float, ...]
    penalty: float


def described(value: engine.Architecture, study: models.Study) -> Described:
    """Features, blocks, and what the study's reward takes off for estimated energy and flash."""
    return Described(feature_vector(value), block_vector(value), penalty_in_training(study)(value))
