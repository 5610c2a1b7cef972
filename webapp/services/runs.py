"""Runs, each the measurement of one network: made from files, computed by a worker, recomputed when settings change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from webapp.models import MeasurementFile, Run, StoredArchitecture
from webapp.queries.named_architectures import named_in, other_hash
from webapp.services import jobs
from webapp.services.devices import STALE
from webapp.services.errors import Conflict

SOURCE, CHOICES, IDLE_FILES, BY_HAND = "source", "choices", "idle_files", "architecture_by_hand"
"""Keys of `Run.settings`: the source of figures; `RunSettings.to_json()` as a user chose; ids of the files that
are idle traces; whether a user chose the architecture, or chose none."""
FROM_FILES, FROM_TABLE, FROM_HOST = "files", "table", "host"
_LABEL_LENGTH = 200
_ENDINGS = (".csv", ".txt", ".log", ".json", ".jls", ".ppk2", ".bin", ".dat", ".tsv", ".gz", ".zip")


@dataclass(frozen=True, slots=True)
class Figures:
    """Result of computing a run. Energies in mJ per inference: gross as in the paper, net above idle power."""

    result: Mapping[str, Any]
    findings: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    energy_mj: float | None = None
    net_mj: float | None = None
    latency_ms: float | None = None
    sd_mj: float | None = None
    repeats: int | None = None


def create_run(*, campaign_id: int, file_ids: Iterable[int], label: str = "") -> Run:
    """Make a run of these files of the campaign; its architecture is found by a hash in their names, if any."""
    with transaction.atomic():
        files = _files(campaign_id, file_ids)
        names = [file.original_name for file in files]
        run = Run.objects.create(
            campaign_id=campaign_id,
            label=(label or " + ".join(names))[:_LABEL_LENGTH],
            architecture=named_in(names),
            settings={SOURCE: FROM_FILES, CHOICES: {}},
        )
        run.files.set(files)
        jobs.send(jobs.RUNS, run.pk)
    return run


def create_runs_by_name(*, campaign_id: int, file_ids: Iterable[int]) -> list[Run]:
    """Make a run for each name: of files that differ in their endings alone, such as HASH.csv and HASH.log."""
    with transaction.atomic():
        groups: dict[str, list[MeasurementFile]] = {}
        for file in _files(campaign_id, file_ids):
            groups.setdefault(run_name(file.original_name), []).append(file)
        return [
            create_run(campaign_id=campaign_id, file_ids=[file.pk for file in files], label=name)
            for name, files in groups.items()
        ]


def run_name(file_name: str) -> str:
    """Name of a file without its endings, such as ".csv.gz", which the files of one run share.

    Of a file that came in a zip ("archive.zip/folder/HASH.csv"), with its folder but without the zip: "folder/HASH".
    """
    name = file_name.partition("/")[2] or file_name
    while PurePath(name).suffix.lower() in _ENDINGS:
        name = str(PurePath(name).with_suffix(""))
    return name


def _files(campaign_id: int, file_ids: Iterable[int]) -> list[MeasurementFile]:
    wanted = set(file_ids)
    files = list(MeasurementFile.objects.filter(campaign=campaign_id, pk__in=wanted).order_by("pk"))
    if not wanted or len(files) != len(wanted):
        raise Conflict("Choose at least one file of this campaign; a file that was chosen may have been deleted.")
    return files


def change_settings(
    *,
    run_id: int,
    seen_version: int,
    choices: Mapping[str, Any],
    file_ids: Iterable[int] | None = None,
    idle_files: Iterable[int] = (),
) -> None:
    """Change window, idle power and the like of a run, from the version that was seen, and recompute it.

    `choices` is `nas_engine.energy.runs.settings.RunSettings.to_json()` or a part of it; `idle_files` are those of its
    files that hold the device at rest.
    """
    with transaction.atomic():
        run = _seen(run_id, seen_version)
        if run.settings.get(SOURCE) != FROM_FILES:
            raise Conflict("This run has no trace: there is no window to choose.")
        if file_ids is not None:
            run.files.set(_files(run.campaign_id, file_ids))
        settings = run.settings | {CHOICES: dict(choices), IDLE_FILES: sorted(set(idle_files))}
        jobs.reopen(jobs.RUNS, run_id, settings=settings)


def attach(*, run_id: int, seen_version: int, architecture_hash: str | None) -> None:
    """Set the architecture that a run measured; None: none that Earshot knows. Its figures stay as they are."""
    with transaction.atomic():
        if architecture_hash is not None and not StoredArchitecture.objects.filter(pk=architecture_hash).exists():
            raise Conflict("There is no such architecture any more. Search again.")
        run = _seen(run_id, seen_version)
        run.architecture_id, run.settings = architecture_hash, run.settings | {BY_HAND: True}
        run.save(update_fields=["architecture", "settings"])


def _seen(run_id: int, seen_version: int) -> Run:
    """Run, its version advanced. Raises Conflict if it is not at this version."""
    seen = Run.objects.filter(pk=run_id, settings_version=seen_version)
    if not seen.update(settings_version=F("settings_version") + 1):
        raise Conflict(STALE.format(what="this run"))
    return Run.objects.get(pk=run_id)


def delete_run(*, run_id: int) -> None:
    """Delete a run. Its files stay in the campaign."""
    Run.objects.filter(pk=run_id).delete()


def claim(*, run_id: int, worker: str) -> Run | None:
    """Claim the run to compute; None while one of its files is being read, or if nothing is to be computed."""
    if MeasurementFile.objects.filter(runs=run_id, state=MeasurementFile.State.READING).exists():
        return None
    if not jobs.claim(jobs.RUNS, run_id, worker):
        return None
    return Run.objects.select_related("campaign__device").get(pk=run_id)


def complete(
    *,
    run_id: int,
    worker: str,
    seen_version: int,
    figures: Figures,
    names: Sequence[str] = (),
    graphs: Sequence[str] = (),
) -> bool:
    """COMPUTING -> READY. False if its settings have changed meanwhile: it is recomputed.

    `names` of its files and `graphs` of its benchmark logs may hold the hash of its architecture.
    """
    with transaction.atomic():
        held = jobs.RUNS.held(run_id, worker).filter(settings_version=seen_version)
        run = held.select_for_update().first()
        if run is None:
            return False
        architecture, contradicted = _architecture(run, names, graphs)
        held.update(
            **jobs.FREE,
            state=Run.State.READY,
            computed_at=Now(),
            architecture=architecture,
            result=dict(figures.result),
            findings=[*map(dict, figures.findings), *contradicted],
            error="",
            energy_mj=figures.energy_mj,
            net_mj=figures.net_mj,
            latency_ms=figures.latency_ms,
            sd_mj=figures.sd_mj,
            repeats=figures.repeats,
        )
    return True


def _architecture(
    run: Run, names: Sequence[str], graphs: Sequence[str]
) -> tuple[StoredArchitecture | None, list[dict[str, str]]]:
    """Architecture that was measured, and a finding where file names and benchmark logs name different ones: then it
    is None until a user chooses one, so that no energy is learned for the wrong network.
    """
    if run.settings.get(BY_HAND):
        return run.architecture, []
    found = run.architecture or named_in([*names, *graphs])
    other = other_hash(graphs, found.hash) if found is not None else ""
    if found is None or not other:
        return found, []
    message = (
        f"the benchmark log is of the network {other[:12]}, the files are named after {found.hash[:12]}: no network is "
        "attached; take the wrong file out of the run, or choose its network below"
    )
    return None, [{"code": "several_networks", "severity": "warning", "message": message}]


def refuse(
    *, run_id: int, worker: str, seen_version: int, error: str, findings: Sequence[Mapping[str, str]] = ()
) -> bool:
    """COMPUTING -> REFUSED, with the problem and what to do. Earlier results are cleared: they no longer hold."""
    held = jobs.RUNS.held(run_id, worker).filter(settings_version=seen_version)
    return bool(
        held.update(
            **jobs.FREE,
            state=Run.State.REFUSED,
            error=error,
            findings=[dict(finding) for finding in findings],
            result={},
            **dict.fromkeys(("energy_mj", "net_mj", "latency_ms", "sd_mj", "repeats")),
        )
    )
