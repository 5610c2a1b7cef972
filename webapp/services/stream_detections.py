"""Published networks on the streams of studies' rewards: COMPUTING -> READY | FAILED, once for each plan of streams.

Baselines are trained once for a data set, and a search compares itself with them by its own measure. So the int8 file
of each is evaluated on the very streams that the search's trials hear: those that are trained when a search begins, the
others when they end.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from nas_engine.evaluation_result import StreamResult
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp.models import StreamDetection, Study, Trial
from webapp.services import jobs
from webapp.services.energy_estimates import SHARED
from webapp.translation import plan_key, stream_plan

State = StreamDetection.State


def request_baselines(study: Study) -> None:
    """Have the published networks of the study's data set evaluated on its streams, if its reward takes those."""
    plan = stream_plan(study)
    if plan is not None:
        shared = Study.objects.filter(SHARED, dataset=study.dataset_id)
        trained = Trial.objects.filter(study__in=shared.values("pk"), state=Trial.State.COMPLETED)
        _request(trained.values_list("pk", flat=True), plan)


def request_for(study: Study, trial_id: int) -> None:
    """Have a trial of `study` that has ended, if that trains published networks, evaluated on the streams of searches.

    Drafts hear nothing yet: they request it when they start.
    """
    if not Study.objects.filter(SHARED, pk=study.pk).exists():
        return
    searches = Study.objects.filter(dataset=study.dataset_id, accuracy_measure=Study.AccuracyMeasure.STREAMS)
    plans = {
        plan_key(plan): plan
        for search in searches.exclude(SHARED).exclude(state=Study.State.DRAFT).defer("space_spec", "designer_state")
        if (plan := stream_plan(search)) is not None
    }
    for plan in plans.values():
        _request([trial_id], plan)


def _request(trial_ids: Iterable[int], plan: EvaluationPlan) -> None:
    for trial_id in list(trial_ids):
        values = {"plan": plan.to_json()}
        row, is_new = StreamDetection.objects.get_or_create(trial_id=trial_id, key=plan_key(plan), defaults=values)
        if is_new:
            jobs.send(jobs.DETECTIONS, row.pk)
        elif row.state == State.FAILED:
            jobs.reopen(jobs.DETECTIONS, row.pk, reason="")


def claim(*, detection_id: int, worker: str) -> StreamDetection | None:
    """The network to evaluate; None if another worker has it, or it has a result."""
    if not jobs.claim(jobs.DETECTIONS, detection_id, worker):
        return None
    related = ("trial__study__dataset", "trial__architecture")
    return StreamDetection.objects.select_related(*related).get(pk=detection_id)


def complete(*, detection_id: int, worker: str, result: StreamResult) -> bool:
    """COMPUTING -> READY. False if another worker has taken it over."""
    values: Mapping[str, Any] = {"accuracy": result.accuracy, "result": result.to_json(), "reason": ""}
    return bool(jobs.DETECTIONS.held(detection_id, worker).update(**jobs.FREE, state=State.READY, **values))


def fail(*, detection_id: int, worker: str, reason: str) -> bool:
    """COMPUTING -> FAILED."""
    return bool(jobs.DETECTIONS.held(detection_id, worker).update(**jobs.FREE, state=State.FAILED, reason=reason))
