"""The lease: time for which a worker, and what it holds, counts as alive after its last heartbeat."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now


def lease() -> timedelta:
    """`EARSHOT_LEASE_SECONDS`, for workers, trials and jobs alike."""
    return timedelta(seconds=settings.LEASE_SECONDS)


def is_stale() -> Q:
    """Rows whose holder has not renewed the lease in time: another worker may have them."""
    return Q(heartbeat_at__lt=Now() - lease())


def is_alive() -> Q:
    """Rows of `Worker` that have reported within a lease."""
    return Q(seen_at__gte=Now() - lease())
