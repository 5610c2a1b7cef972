"""Persons who have a network listen to their sound right now, on the page "Try it"."""

from django.conf import settings
from django.db import models

from webapp.models.trial import Trial


class Listening(models.Model):
    """One person's sound and one trial's network. It holds no recording: `state` is what the loop keeps between pieces.

    Any web server goes on with it. The reaper deletes it after `expires_at`. A sound that was decoded counts to its
    owner's limits as a row that has ended, of its length and without a loop.
    """

    token = models.CharField(max_length=43, unique=True, help_text="Part of its address; random")
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="listenings")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)
    heard_at = models.DateTimeField(help_text="When it began, or its last piece came")
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    loop = models.JSONField(help_text="LoopSettings.to_json()")
    heard_samples = models.BigIntegerField(default=0, help_text="Samples heard so far, at 16 kHz")
    state = models.BinaryField(default=bytes, help_text="HeardSoFar.to_bytes() after them")
    former_samples = models.BigIntegerField(default=0, help_text="Samples heard before the last piece")
    former_state = models.BinaryField(default=bytes, help_text="The state then, for a piece whose answer was lost")

    class Meta:
        indexes = [models.Index(fields=["owner", "heard_at"])]

    def __str__(self) -> str:
        return f"listening {self.pk}"
