"""The deploy bundle on a trial's page."""

from dataclasses import dataclass
from typing import Any, Self

from webapp.models import DeployBundle, Trial, Worker
from webapp.queries.budget import live_workers

HAS_BUNDLES = "has_bundles"
"""Annotation of trials on their page: whether any bundle of them was requested."""


@dataclass(frozen=True, slots=True)
class NpuRow:
    """Estimate for one accelerator as the page shows it. `fallbacks` are operators that the CPU computes, each with the
    number of its output; where there is no estimate, `reason` states why.
    """

    accelerator: str
    reason: str = ""
    clock_mhz: int = 0
    cycles: int = 0
    milliseconds: float = 0.0
    sram_bytes: int = 0
    operators: int = 0
    fallbacks: tuple[str, ...] = ()

    @classmethod
    def of(cls, estimate: dict[str, Any]) -> Self:
        """Row of an entry of `DeployBundle.npu`."""
        if "reason" in estimate:
            return cls(estimate["accelerator"], estimate["reason"])
        operators = estimate["operators"]
        return cls(
            accelerator=estimate["accelerator"],
            clock_mhz=round(estimate["clock_hz"] / 1e6),
            cycles=estimate["cycles"],
            milliseconds=1e3 * estimate["seconds"],
            sram_bytes=estimate["sram_bytes_used"],
            operators=len(operators),
            fallbacks=tuple(f"{row['operator']} {row['tensor']}" for row in operators if row["on_cpu"]),
        )


def bundle_context(trial: Trial) -> dict[str, Any]:
    """The newest bundle of a trial from `shown_trials`, and the newest that is ready. No query without one, two while
    one is packed.
    """
    rows = list(DeployBundle.objects.filter(trial=trial)) if getattr(trial, HAS_BUNDLES) else []
    newest = rows[0] if rows else None
    ready = next((row for row in rows if row.state == DeployBundle.State.READY), None)
    is_packing = newest is not None and newest.state == DeployBundle.State.PACKING
    return {
        "trial": trial,
        "study": trial.study,
        "bundle": newest,
        "ready_bundle": ready,
        "npu_rows": [NpuRow.of(estimate) for estimate in ready.npu] if ready else [],
        "bundle_is_live": is_packing,
        "nobody_packs": is_packing and not live_workers(Worker.Role.DATA),
    }
