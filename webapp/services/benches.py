"""Bench kits (networks to measure on a device elsewhere) and runs on this computer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from nas_engine.architecture import Architecture as Network
from webapp import translation
from webapp.models import BenchKit, Run, StoredArchitecture
from webapp.queries.named_architectures import named_networks
from webapp.services import jobs, runs
from webapp.services.artifacts import GRACE_AFTER_DELETE, collect_artifacts
from webapp.services.errors import Conflict
from webapp.services.requests import save_architectures

MOST_NETWORKS = 200
HOST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class KitNetwork:
    """Network of a kit. `tflite` is the name of its stored file; empty if it was never trained and has to be built."""

    hash: str
    label: str
    tflite: str
    spec: Mapping[str, Any]
    flops: int
    parameters: int


def request_kit(*, campaign_id: int, hashes: Sequence[str]) -> BenchKit:
    """Request a bench kit of the networks of these architectures, each once, in this order."""
    names = named_networks(_known(hashes))
    listed = [{"hash": name.hash, "label": name.label} for name in names]
    with transaction.atomic():
        kit = BenchKit.objects.create(campaign_id=campaign_id, architectures=listed)
        jobs.send(jobs.KITS, kit.pk)
    return kit


def order_proposed(*, campaign_id: int, networks: Sequence[Network]) -> BenchKit:
    """Request a bench kit of these networks, which need not have been trained or suggested before."""
    save_architectures([translation.architecture_row(network) for network in networks])
    return request_kit(campaign_id=campaign_id, hashes=[network.hash for network in networks])


def measure_here(*, campaign_id: int, hashes: Sequence[str], seconds: float = HOST_SECONDS) -> list[Run]:
    """Request a benchmark of networks on the computer of a data worker: one run each, its architecture set."""
    with transaction.atomic():
        made = [
            Run.objects.create(
                campaign_id=campaign_id,
                architecture_id=name.hash,
                label=name.label,
                settings={runs.SOURCE: runs.FROM_HOST, "seconds": seconds, runs.BY_HAND: True},
            )
            for name in named_networks(_known(hashes))
        ]
        for run in made:
            jobs.send(jobs.RUNS, run.pk)
    return made


def _known(hashes: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(hashes))
    known = set(StoredArchitecture.objects.filter(hash__in=wanted).values_list("hash", flat=True))
    if not wanted or len(known) < len(wanted):
        raise Conflict("Choose at least one network; one that was chosen may not exist any more.")
    if len(wanted) > MOST_NETWORKS:
        raise Conflict(f"{len(wanted)} networks are more than a bench kit holds: choose at most {MOST_NETWORKS}.")
    return wanted


def claim_kit(*, kit_id: int, worker: str) -> BenchKit | None:
    """Claim the kit to pack; None if another worker packs it."""
    if not jobs.claim(jobs.KITS, kit_id, worker):
        return None
    return BenchKit.objects.select_related("campaign__device").get(pk=kit_id)


def networks_of(architectures: Sequence[Mapping[str, str]]) -> list[KitNetwork]:
    """Networks of a kit with files and costs; those that were deleted meanwhile are left out."""
    hashes = [listed["hash"] for listed in architectures]
    rows = StoredArchitecture.objects.in_bulk(hashes)
    files = {name.hash: name.tflite for name in named_networks(hashes)}
    return [
        KitNetwork(row.hash, listed["label"], files.get(row.hash, ""), row.spec, row.flops, row.parameters)
        for listed in architectures
        if (row := rows.get(listed["hash"])) is not None
    ]


def complete_kit(*, kit_id: int, worker: str, file: str) -> bool:
    """PACKING -> READY with the stored zip."""
    held = jobs.KITS.held(kit_id, worker)
    return bool(held.update(**jobs.FREE, state=BenchKit.State.READY, file=file))


def fail_kit(*, kit_id: int, worker: str, reason: str) -> bool:
    """PACKING -> FAILED."""
    return bool(jobs.KITS.held(kit_id, worker).update(**jobs.FREE, state=BenchKit.State.FAILED, reason=reason))


def delete_kit(*, kit_id: int) -> None:
    """Delete a kit; its networks stay."""
    with transaction.atomic():
        kit = BenchKit.objects.select_for_update().get(pk=kit_id)
        name = str(kit.file.name)
        kit.delete()
        collect_artifacts(names=[name], grace=GRACE_AFTER_DELETE)
