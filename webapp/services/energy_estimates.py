"""Energy estimates of trials: one for each trial and energy model that its study has used, written once.

A study points at one energy model, or at none, which means the published figures. Every completed trial of the study,
and every completed baseline of its dataset, has an estimate by that model: a trial gets it when it ends, the others
before the study is pointed at the model, both under the study's lock. So nothing is trained again, a finished trial is
never rewritten, and pointing at the former model undoes the change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.defaultfilters import pluralize

from nas_engine.cost import cost
from nas_engine.energy.estimators.base import EnergyEstimate
from nas_engine.errors import TransientError
from nas_engine.evaluation_result import EvaluationResult
from nas_engine.reward import reward
from webapp import translation
from webapp.energy_predictors import compiled_energies_mj, predictor
from webapp.models import EnergyModel, StoredNpuEstimate, Study, Trial, TrialEnergyEstimate
from webapp.services.errors import Conflict
from webapp.services.transitions import Actor, locked_study, record

_TRIALS_AT_ONCE = 500
_NEEDED = ("study_id", "reward_accuracy", "flash_bytes", "architecture__spec")
SHARED = Q(kind=Study.Kind.BASELINES) | Q(kind=Study.Kind.FINALS, parent=None)
"""Studies of published networks, which are shown with every search on their data set."""
_ON_STREAMS = "accuracy: detection rate at {:g} false alarms an hour, {:g} h of streams, {:g} dB"
_FORMULA = "Equation 1: E0 {:g} mJ, {:g} points per {:g} mJ; M0 {:g} kB, {:g} points per {:g} kB"


class NotCompiled(TransientError):
    """A trial ends whose network the NPU of its study has no time of: another attempt will compile it first."""


@dataclass(frozen=True, slots=True)
class Reestimated:
    """Outcome of `reestimate`: `estimated` of the study's trials had no estimate by `source` before."""

    study: Study
    estimated: int
    source: str


def estimate_result(study: Study, trial_id: int, measured: EvaluationResult) -> TrialEnergyEstimate:
    """Unsaved energy estimate of a trial that ends now, by the model that its study, locked, points at."""
    estimate = EnergyEstimate(measured.energy_mj, None, None, (), measured.energy_source)
    if study.energy_model is not None:
        trial = Trial.objects.select_related("architecture").get(pk=trial_id)
        estimate = _estimates([trial], study.energy_model)[0]
    return _row(study, trial_id, measured.reward_accuracy, measured.flash_bytes, estimate, study.energy_model)


def save_estimates(study: Study, ended: TrialEnergyEstimate) -> None:
    """Save the energy estimate of a trial that has ended, under its study's lock.

    A baseline is shown with every search on its dataset, so it gets an estimate by the model of each.
    """
    TrialEnergyEstimate.objects.bulk_create([ended], ignore_conflicts=True)
    if Study.objects.filter(SHARED, pk=study.pk).exists():
        used = EnergyModel.objects.filter(studies__dataset=study.dataset_id).distinct()
        for energy_model in used.select_related("device"):
            _estimate_missing(Trial.objects.filter(pk=ended.trial_id), energy_model)


def reestimate(*, study_id: int, energy_model_id: int | None, actor: Actor = None) -> Reestimated:
    """Point a study at another energy model (None: the published figures) and estimate trials that have none by it.

    The designer is rebuilt from the outcomes with their new estimates. Raises Conflict for a model that is not ready,
    and for that of an NPU where it knows not all of the study's networks; baselines that it does not know are left out.
    """
    energy_model = _ready(energy_model_id)
    found = Study.objects.values_list("pk", "dataset").get(pk=study_id)
    estimated = {
        *_estimate_missing(_concerned(*found), energy_model)
    }  # most of the work, while nobody waits for a lock
    with transaction.atomic():
        study = _locked_with_baselines(*found)
        estimated |= {*_estimate_missing(_concerned(*found), energy_model)}  # what has ended meanwhile
        _require_compiled(study, energy_model)
        before = study.energy_model_id
        study.energy_model, study.designer_state = energy_model, None
        study.save(update_fields=["energy_model", "designer_state"])
        study.children.update(energy_model=energy_model)
        source = energy_model.source if energy_model else "published figures"
        own = study.trials.filter(pk__in=estimated).count()
        if own or before != energy_model_id:
            message = f"Energies and rewards are now by {source}; {own} trial{pluralize(own, ' was,s were')} estimated."
            record(study, study.state, study.state, actor=actor, message=message)
    return Reestimated(study, own, source)


def estimate_baselines(*, dataset_id: int, energy_model: EnergyModel) -> None:
    """Estimate the published networks of a data set by the energy model of a study that begins on it."""
    shared = Study.objects.filter(SHARED, dataset=dataset_id)
    _estimate_missing(Trial.objects.filter(study__in=shared.values("pk")), energy_model)


def _ready(energy_model_id: int | None) -> EnergyModel | None:
    if energy_model_id is None:
        return None
    energy_model = EnergyModel.objects.select_related("device").filter(pk=energy_model_id).first()
    if energy_model is None:
        raise Conflict("There is no such energy model: choose another one.")
    if energy_model.state != EnergyModel.State.READY:
        raise Conflict(f"{energy_model} is {energy_model.get_state_display()}: only a ready model can estimate trials.")
    return energy_model


def _require_compiled(study: Study, energy_model: EnergyModel | None) -> None:
    if energy_model is None or not energy_model.accelerator:
        return
    own = Trial.objects.filter(Q(study=study) | Q(study__parent=study), state=Trial.State.COMPLETED)
    without = own.exclude(energy_estimates__energy_model=energy_model)
    if not (missing := without.count()):
        return
    seen = StoredNpuEstimate.objects.filter(accelerator=energy_model.accelerator).values("architecture")
    compiled = without.filter(architecture__in=seen).count()
    of_them = (
        f" In {compiled} of them operators fall back to the CPU, whose time Vela does not estimate." if compiled else ""
    )
    rest = f" To compile the others: manage.py estimate_npu {study.pk} --all --accelerator {energy_model.accelerator}"
    raise Conflict(
        f"{missing} of {own.count()} networks have no energy by {energy_model}.{of_them}"
        f"{rest if compiled < missing else ''}"
    )


def _concerned(study_id: int, dataset_id: int) -> QuerySet[Trial]:
    """Trials of the study and of its finalists, and the baselines that are shown with them."""
    studies = Study.objects.filter(_shown_with(study_id, dataset_id))
    return Trial.objects.filter(study__in=studies.values("pk"))


def _shown_with(study_id: int, dataset_id: int) -> Q:
    return Q(pk=study_id) | Q(parent=study_id) | (SHARED & Q(dataset=dataset_id))


def _locked_with_baselines(study_id: int, dataset_id: int) -> Study:
    """Study, its row and those of finalists and baselines locked, in one order everywhere."""
    found = Study.objects.filter(_shown_with(study_id, dataset_id)).values_list("pk", flat=True)
    locked = {pk: locked_study(pk) for pk in sorted(found)}
    return locked[study_id]


def _estimate_missing(trials: QuerySet[Trial], energy_model: EnergyModel | None) -> list[int]:
    """Estimate those of `trials` that have completed and have no estimate by the model; returns their ids."""
    has_estimate = TrialEnergyEstimate.objects.filter(trial=OuterRef("pk"), energy_model=energy_model)
    if energy_model is None:
        has_estimate = TrialEnergyEstimate.objects.filter(trial=OuterRef("pk"), energy_model__isnull=True)
    missing = (
        trials.filter(~Exists(has_estimate), state=Trial.State.COMPLETED).order_by("pk").values_list("pk", flat=True)
    )
    if energy_model is not None and energy_model.accelerator:
        compiled = StoredNpuEstimate.objects.filter(accelerator=energy_model.accelerator, fallbacks=0)
        missing = missing.filter(architecture__in=compiled.values("architecture"))
    ids = list(missing)
    for start in range(0, len(ids), _TRIALS_AT_ONCE):
        some = Trial.objects.filter(pk__in=ids[start : start + _TRIALS_AT_ONCE]).select_related("architecture")
        rows = _rows(list(some.only(*_NEEDED)), energy_model)
        TrialEnergyEstimate.objects.bulk_create(rows, ignore_conflicts=True)
    return ids


def _rows(trials: Sequence[Trial], energy_model: EnergyModel | None) -> Iterable[TrialEnergyEstimate]:
    studies = Study.objects.defer("space_spec", "designer_state").in_bulk({trial.study_id for trial in trials})
    for trial, estimate in zip(trials, _estimates(trials, energy_model), strict=True):
        accuracy, flash_bytes = trial.reward_accuracy or 0.0, trial.flash_bytes or 0  # a completed trial has both
        yield _row(studies[trial.study_id], trial.pk, accuracy, flash_bytes, estimate, energy_model)


def _estimates(trials: Sequence[Trial], energy_model: EnergyModel | None) -> list[EnergyEstimate]:
    if energy_model is not None and energy_model.accelerator:
        energies_mj = compiled_energies_mj(energy_model, (trial.architecture_id for trial in trials))
        if len(energies_mj) < len({trial.architecture_id for trial in trials}):
            raise NotCompiled(f"A network has not been compiled for {energy_model.accelerator}.")
        return [
            EnergyEstimate(energies_mj[trial.architecture_id], None, None, (), energy_model.source) for trial in trials
        ]
    return predictor(energy_model).estimates([cost(translation.architecture(trial.architecture)) for trial in trials])


def _row(
    study: Study,
    trial_id: int,
    accuracy: float,
    flash_bytes: int,
    estimate: EnergyEstimate,
    energy_model: EnergyModel | None,
) -> TrialEnergyEstimate:
    return TrialEnergyEstimate(
        trial_id=trial_id,
        energy_model=energy_model,
        energy_mj=estimate.energy_mj,
        low_mj=estimate.low_mj,
        high_mj=estimate.high_mj,
        outside=list(estimate.outside),
        reward=reward(accuracy, estimate.energy_mj, flash_bytes, translation.reward_parameters(study)),
        formula=formula_of(study),
        source=energy_model.source if energy_model else estimate.source,
    )


def formula_of(study: Study) -> str:
    """Formula of the reward with the study's parameters, in one line."""
    formula = _FORMULA.format(
        study.energy_threshold_mj,
        study.energy_step_points,
        study.energy_step_mj,
        study.flash_threshold_kb,
        study.flash_step_points,
        study.flash_step_kb,
    )
    if not study.is_on_streams:
        return formula
    return f"{formula}; " + _ON_STREAMS.format(study.stream_alarms_per_hour, study.stream_hours, study.stream_snr_db)
