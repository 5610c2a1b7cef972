"""Trials that people keep in view, for all who see the study."""

from django.conf import settings
from django.db import models

from webapp.models.trial import Trial


class ShortlistedTrial(models.Model):
    """A completed trial on the shortlist of its study."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="shortlisted")
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.trial} on the shortlist"
