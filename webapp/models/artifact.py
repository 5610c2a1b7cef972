"""Bytes of artifacts, so that every machine that reaches the database reaches them too."""

from django.db import models
from django.utils import timezone


class ArtifactChunk(models.Model):
    """One piece of a stored file. The file's name is its storage name; pieces follow each other by `position`."""

    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="Bytes in this piece")
    content = models.BinaryField()
    stored_at = models.DateTimeField(default=timezone.now, help_text="When these bytes were last stored")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "position"], name="artifact_chunk_once")]

    def __str__(self) -> str:
        return f"{self.name}[{self.position}]"
