"""Architectures, once each, by their hash."""

from django.db import models


class StoredArchitecture(models.Model):
    """A network as data. `spec` is `nas_engine.Architecture.to_json()`; the costs are the pure walk's."""

    hash = models.CharField(max_length=64, primary_key=True)
    spec = models.JSONField()
    flops = models.BigIntegerField()
    parameters = models.BigIntegerField(help_text="Trainable weights")
    peak_activation_bytes = models.BigIntegerField()

    def __str__(self) -> str:
        return self.hash[:12]
