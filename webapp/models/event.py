"""Events of studies and trials, one row per move."""

from django.conf import settings
from django.db import models

from webapp.models.study import Study
from webapp.models.trial import Trial


class Event(models.Model):
    """A move of a study (trial is null) or of a trial, with the reason and who caused it."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="events")
    trial = models.ForeignKey(Trial, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    old_state = models.CharField(max_length=12, blank=True)
    new_state = models.CharField(max_length=12)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    worker = models.CharField(max_length=120, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["study", "-at"])]

    def __str__(self) -> str:
        return f"{self.old_state} -> {self.new_state}"
