"""Recordings of one's own with the events in them, which networks of a data set are measured on."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from webapp.models.dataset import Dataset


class RecordingSet(models.Model):
    """Recordings of one uploaded archive: READING -> READY or REFUSED.

    Another archive has it read again. Until that is read, and where it is refused, the former recordings stay.
    """

    class State(models.TextChoices):
        READING = "READING", "reading"
        READY = "READY", "read"
        REFUSED = "REFUSED", "refused"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="recording_sets")
    name = models.CharField(max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    upload = models.FileField(max_length=200, blank=True, help_text="The uploaded archive, until it is read")
    upload_name = models.CharField(max_length=200, help_text="Name of the archive that was uploaded last")

    state = models.CharField(max_length=12, choices=State.choices, default=State.READING)
    attempts = models.PositiveIntegerField(default=0, help_text="Readings begun; a worker may die under one")
    worker = models.CharField(max_length=120, blank=True, help_text="Who reads it now")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the queue")
    error = models.TextField(blank=True, help_text="Why the last archive was refused and what to do")

    read_at = models.DateTimeField(null=True, blank=True, help_text="When the recordings that are stored were read")
    format = models.CharField(max_length=60, blank=True, help_text="Format of the lists of events")
    seconds = models.FloatField(default=0.0, help_text="Length of all recordings; 0 before any was read")
    events = models.JSONField(default=dict, help_text="Number of events by class")
    findings = models.JSONField(default=list, help_text="[{kind, severity, where, message}]")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="recording_set_name_once_a_dataset"),
            models.CheckConstraint(
                condition=Q(state__in=["READING", "READY", "REFUSED"]), name="recording_set_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="READY") | Q(read_at__isnull=False, seconds__gt=0),
                name="read_recording_set_has_sound",
            ),
            models.CheckConstraint(
                condition=~Q(state="REFUSED") | ~Q(error=""), name="refused_recording_set_has_error"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        """Whether there are recordings to measure on, whatever became of the archive that was uploaded last."""
        return self.read_at is not None


class StoredRecording(models.Model):
    """One recording as 16-bit FLAC, 16 kHz mono, with its events; `position` counts from 0 within its set."""

    recordings = models.ForeignKey(RecordingSet, on_delete=models.CASCADE, related_name="recordings")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=400, help_text="Its path in the archive")
    seconds = models.FloatField()
    events = models.JSONField(help_text="[onset in seconds, offset in seconds, class] of each event")
    audio = models.FileField(max_length=200)

    class Meta:
        ordering = ["recordings", "position"]
        constraints = [
            models.UniqueConstraint(fields=["recordings", "position"], name="stored_recording_position_once")
        ]

    def __str__(self) -> str:
        return self.name
