"""Vela's estimates of architectures, once each for an accelerator: written by workers, read by rewards and pages."""

from nas_engine.deployment.vela import NpuEstimate
from webapp.models import StoredNpuEstimate


def stored(*, architecture_hash: str, accelerator: str) -> StoredNpuEstimate | None:
    """The estimate, or why there is none; None where the architecture was not compiled yet."""
    return StoredNpuEstimate.objects.filter(architecture=architecture_hash, accelerator=accelerator).first()


def store(*, architecture_hash: str, accelerator: str, found: NpuEstimate | str) -> StoredNpuEstimate:
    """Store an estimate, or the reason why Vela gives none. What another worker has stored meanwhile stays."""
    values = {"reason": found} if isinstance(found, str) else _values(found)
    row, _ = StoredNpuEstimate.objects.get_or_create(
        architecture_id=architecture_hash, accelerator=accelerator, defaults=values
    )
    return row


def _values(found: NpuEstimate) -> dict[str, object]:
    return {
        "seconds": found.seconds,
        "sram_bytes": found.sram_bytes_used,
        "fallbacks": len(found.fallbacks),
        "estimate": found.to_json(),
    }
