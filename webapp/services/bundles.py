"""Deploy bundles of trials: PACKING -> READY | FAILED.

A trial has at most one that is ready, and one that is being packed or could not be. A bundle that becomes ready takes
the place of the one before it, whose file goes with its row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from nas_engine.deployment.arena import ArenaMeasurement
from nas_engine.files.tflite_tensors import input_and_output
from webapp.models import DeployBundle, Trial
from webapp.services import jobs
from webapp.services.artifacts import GRACE_AFTER_DELETE, collect_artifacts
from webapp.services.errors import Conflict
from webapp.services.transitions import Actor

State = DeployBundle.State


def request_bundle(*, trial_id: int, owner: Actor = None) -> DeployBundle:
    """Have a data worker pack the deploy bundle of a trial, unless one is being packed.

    Conflict for a trial without a network, or whose network is simulated.
    """
    with transaction.atomic():
        trial = Trial.objects.select_for_update(no_key=True, of=("self",)).select_related("study").get(pk=trial_id)
        check_network(trial)
        packing = trial.bundles.filter(state=State.PACKING).first()
        if packing is not None:
            return packing
        trial.bundles.filter(state=State.FAILED).delete()
        bundle: DeployBundle = trial.bundles.create(owner_id=owner.pk if owner is not None else None)
        jobs.send(jobs.BUNDLES, bundle.pk)
    return bundle


def check_network(trial: Trial) -> None:
    """Raise Conflict unless the trial has a real network."""
    if not trial.tflite:
        raise Conflict(f"Trial {trial.number} of {trial.study.name} is {trial.state_label}: it has no network.")
    with default_storage.open(str(trial.tflite.name)) as stored:
        try:
            input_and_output(stored.read())
        except ValueError as error:
            raise Conflict(f"Trial {trial.number} of {trial.study.name} has no real network: {error}") from error


def claim(*, bundle_id: int, worker: str) -> DeployBundle | None:
    """The bundle to pack; None if another worker has it, or it is packed."""
    if not jobs.claim(jobs.BUNDLES, bundle_id, worker):
        return None
    return DeployBundle.objects.get(pk=bundle_id)


def complete(
    *,
    bundle_id: int,
    worker: str,
    file: str,
    arena: ArenaMeasurement | None,
    arena_note: str,
    npu: Sequence[Mapping[str, Any]] = (),
) -> bool:
    """PACKING -> READY with the name of the stored zip, in place of the trial's earlier bundles.

    `npu` are estimates for NPUs as `DeployBundle.npu` holds them. False if another worker has taken it over.
    """
    values = {
        "state": State.READY,
        "packed_at": timezone.now(),
        "reason": "",
        "file": file,
        "arena": arena.to_json() if arena else None,
        "arena_note": arena_note,
        "npu": list(npu),
    }
    with transaction.atomic():
        if not jobs.BUNDLES.held(bundle_id, worker).update(**jobs.FREE, **values):
            return False
        trial_id = DeployBundle.objects.values_list("trial_id", flat=True).get(pk=bundle_id)
        earlier = DeployBundle.objects.filter(trial_id=trial_id, state=State.READY).exclude(pk=bundle_id)
        files = list(earlier.values_list("file", flat=True))
        earlier.delete()
        collect_artifacts(names=files, grace=GRACE_AFTER_DELETE)
    return True


def fail(*, bundle_id: int, worker: str, reason: str) -> bool:
    """PACKING -> FAILED."""
    return bool(jobs.BUNDLES.held(bundle_id, worker).update(**jobs.FREE, state=State.FAILED, reason=reason))
