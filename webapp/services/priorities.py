"""Which waiting trial a free trainer takes: one of a study of the highest priority, whichever it was offered."""

from webapp import dispatch
from webapp.models import Study, Trial
from webapp.services import trials
from webapp.services.trials import Claim


def most_urgent(trial_id: int) -> int:
    """The oldest waiting trial of the highest priority above that of `trial_id`, which is returned if there is none."""
    offered = Trial.objects.filter(pk=trial_id).values_list("study__priority", flat=True).first()
    if offered is None:
        return trial_id
    waiting = Trial.objects.filter(state=Trial.State.REQUESTED, study__state=Study.State.RUNNING)
    above = waiting.filter(study__priority__gt=offered).order_by("-study__priority", "pk")
    return above.values_list("pk", flat=True).first() or trial_id


def claim_most_urgent(*, trial_id: int, worker: str) -> Claim | None:
    """Claim `most_urgent`; an offered trial that has to wait is offered again. None where others were faster.

    Its own message finds an urgent trial taken, so that there are as many messages as waiting trials.
    """
    while True:
        urgent = most_urgent(trial_id)
        claimed = trials.claim(trial_id=urgent, worker=worker)
        if claimed is not None and urgent != trial_id:
            dispatch.evaluate_trial(trial_id=trial_id)
        if claimed is not None or urgent == trial_id:
            return claimed
