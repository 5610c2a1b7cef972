"""`manage.py estimate_npu STUDY/NUMBER|FILE`: what a network would cost on an Ethos-U, as Arm's compiler estimates."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand
from django.db.models import Q

from nas_engine.deployment.vela import ACCELERATORS, NpuEstimate, estimate, network_macs
from nas_engine.files.time_axis import time_along_width
from webapp import translation
from webapp.management.named_trials import FORM, FORM_HELP, study_named, trial_named
from webapp.management.plain_errors import plain_errors
from webapp.models import StoredNpuEstimate, Study, Trial
from webapp.services import npu_estimates
from webapp.services.bundles import check_network
from webapp.services.energy_estimates import estimate_baselines
from webapp.services.errors import Conflict
from webapp.storage import NotStored
from webapp.worker.npu_estimating import estimate_or_reason

_NOT_COUNTED = "–"


class Command(BaseCommand):
    help = "Print cycles, time and traffic of a network on an Ethos-U NPU, estimated by Arm's compiler Vela."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("network", metavar=f"{FORM}|FILE", help=f"{FORM_HELP}; or a .tflite file")
        parser.add_argument(
            "--all",
            action="store_true",
            help="compile all completed trials of a study, named by its number or name, and the baselines of its "
            "dataset, for the energy model of an NPU",
        )
        parser.add_argument("--accelerator", choices=ACCELERATORS, default="ethos-u55-128", help="(ethos-u55-128)")
        parser.add_argument(
            "--as-stored",
            action="store_true",
            help="estimate a trial's 1-D network with time along the height, as it was trained, and not along the "
            "width, as its deploy bundle has it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            if options["all"]:
                self.stdout.write(compile_all(study_named(options["network"]), options["accelerator"]))
                return
            content, macs = _network(options["network"], as_stored=options["as_stored"])
            self.stdout.write(report(estimate(content, options["accelerator"]), macs))


def compile_all(study: Study, accelerator: str) -> str:
    """Store Vela's estimates of a study's trained networks and the baselines on its dataset; how many, in words."""
    compiled = StoredNpuEstimate.objects.filter(accelerator=accelerator).values("architecture")
    own = Q(study=study) | Q(study__parent=study) | Q(study__kind=Study.Kind.BASELINES, study__dataset=study.dataset_id)
    missing = Trial.objects.filter(own, state=Trial.State.COMPLETED).exclude(architecture__in=compiled)
    done = skipped = 0
    for trial in missing.select_related("study").order_by("architecture", "pk").distinct("architecture"):
        try:
            check_network(trial)
        except (Conflict, NotStored):  # simulated, or restored from a journal
            skipped += 1
            continue
        with default_storage.open(str(trial.tflite.name)) as file:
            found = estimate_or_reason(file.read(), accelerator)
        npu_estimates.store(architecture_hash=trial.architecture_id, accelerator=accelerator, found=found)
        done += 1
    if study.energy_model is not None and study.energy_model.accelerator == accelerator:
        estimate_baselines(dataset_id=study.dataset_id, energy_model=study.energy_model)
    rest = f", {skipped} have no real network" if skipped else ""
    return f"{done} networks compiled for {accelerator}{rest}."


def _network(text: str, *, as_stored: bool) -> tuple[bytes, int | None]:
    """The network as a bundle has it, or a file as it is; its multiply-accumulates where the architecture is known."""
    if text.endswith(".tflite") and Path(text).is_file():
        return Path(text).read_bytes(), None
    trial = trial_named(text)
    check_network(trial)
    with default_storage.open(str(trial.tflite.name)) as stored:
        content = stored.read()
    turned = content if as_stored else time_along_width(content)
    return turned, network_macs(translation.architecture(trial.architecture))


def report(found: NpuEstimate, macs: int | None) -> str:
    """Table of the operators, then the network's figures, all marked as estimated."""
    head = ("operator", "output", "on", "parts", "cycles", "SRAM", "DRAM", "flash")
    rows = [
        (
            row.operator,
            row.tensor,
            "CPU" if row.on_cpu else "NPU",
            f"{row.parts}",
            _NOT_COUNTED if row.on_cpu else f"{row.cycles:,}",
            f"{row.sram_access_cycles:,}",
            f"{row.dram_access_cycles:,}",
            f"{row.flash_access_cycles:,}",
        )
        for row in found.operators
    ]
    return "\n".join([*_table([head, *rows]), "", *_figures(found, macs)])


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column < 3 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _figures(found: NpuEstimate, macs: int | None) -> list[str]:
    counted = (
        f"{macs:,} (Vela counts {found.vela_macs:,})" if macs is not None else f"{found.vela_macs:,} by Vela's count"
    )
    outputs = ", ".join(f"{row.operator} {row.tensor}" for row in found.fallbacks)
    return [
        f"Estimated for {found.accelerator}, {found.system}, {found.memory_mode}, {found.clock_hz / 1e6:.0f} MHz:",
        f"  time      {1000 * found.seconds:.3f} ms estimated, {found.cycles:,} cycles",
        f"  allocated SRAM {found.sram_bytes_used:,}, DRAM {found.dram_bytes_used:,}, "
        f"flash {found.flash_bytes_used:,} bytes",
        f"  traffic   SRAM {found.sram_traffic_bytes:,}, DRAM {found.dram_traffic_bytes:,}, "
        f"flash {found.flash_traffic_bytes:,} bytes",
        f"  MACs      {counted}",
        f"  on the CPU, whose time is not estimated: {outputs}" if outputs else "  nothing falls back to the CPU",
    ]
