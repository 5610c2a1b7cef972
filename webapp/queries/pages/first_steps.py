"""The first steps of an empty installation, each with its state and the way to it."""

from dataclasses import dataclass

from webapp.models import Dataset, Device, Worker
from webapp.queries.budget import live_workers


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Where an installation without a study is.

    `trainers` live training workers; the newest dataset by its state, a ready one before one in preparation before one
    that failed; None without any. `devices` counts devices whose energy can be measured.
    """

    trainers: int
    dataset: Dataset | None
    devices: int

    @property
    def is_ready(self) -> bool:
        """Whether a study could be started now."""
        return self.dataset is not None and self.dataset.state == Dataset.State.READY

    @property
    def is_preparing(self) -> bool:
        return self.dataset is not None and self.dataset.state == Dataset.State.PREPARING


def first_steps_of_installation() -> FirstSteps:
    """Three queries."""
    order = [Dataset.State.READY, Dataset.State.PREPARING, Dataset.State.FAILED]
    newest = {one.state: one for one in Dataset.objects.order_by("created_at", "pk").only("name", "state")}
    dataset = next((newest[state] for state in order if state in newest), None)
    return FirstSteps(live_workers(Worker.Role.TRAINING), dataset, Device.objects.count())
