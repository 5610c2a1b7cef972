"""The deploy bundle on a trial's page."""

from typing import Any

from webapp.models import DeployBundle, Trial, Worker
from webapp.queries.budget import live_workers

HAS_BUNDLES = "has_bundles"
"""Annotation of trials on their page: whether any bundle of them was requested."""


def bundle_context(trial: Trial) -> dict[str, Any]:
    """The newest bundle of a trial from `shown_trials`, and the newest that is ready. No query without one, two while
    one is packed.
    """
    rows = list(DeployBundle.objects.filter(trial=trial)) if getattr(trial, HAS_BUNDLES) else []
    newest = rows[0] if rows else None
    is_packing = newest is not None and newest.state == DeployBundle.State.PACKING
    return {
        "trial": trial,
        "study": trial.study,
        "bundle": newest,
        "ready_bundle": next((row for row in rows if row.state == DeployBundle.State.READY), None),
        "bundle_is_live": is_packing,
        "nobody_packs": is_packing and not live_workers(Worker.Role.DATA),
    }
