"""The worker processes of all machines, so that anybody who reaches the database knows who is alive."""

from django.db import models


class Worker(models.Model):
    """One worker process. It records a heartbeat every few seconds; after a lease without one it counts as dead."""

    class Role(models.TextChoices):
        SEARCH = "search", "suggests networks"
        DELIBERATION = "deliberation", "makes suggestions that take seconds"
        DATA = "data", "prepares datasets"
        TRAINING = "training", "trains networks"

    name = models.CharField(max_length=120, unique=True, help_text="Unique to the process; leases carry it")
    role = models.CharField(max_length=12, choices=Role.choices)
    machine = models.CharField(max_length=120, help_text="Host name and data folder: where `pid` means something")
    pid = models.PositiveIntegerField()
    process_started = models.FloatField(help_text="Seconds since 1970, to tell the process from a later one of its pid")
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["role", "seen_at"])]

    def __str__(self) -> str:
        return self.name
