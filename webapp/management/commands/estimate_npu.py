"""`manage.py estimate_npu STUDY/NUMBER|FILE`: what a network would cost on an Ethos-U, as Arm's compiler estimates."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand

from nas_engine.deployment.vela import ACCELERATORS, NpuEstimate, estimate, network_macs
from webapp import translation
from webapp.management.named_trials import FORM, FORM_HELP, trial_named
from webapp.management.plain_errors import plain_errors
from webapp.services.bundles import check_network

_NOT_COUNTED = "–"


class Command(BaseCommand):
    help = "Print cycles, time and traffic of a network on an Ethos-U NPU, estimated by Arm's compiler Vela."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("network", metavar=f"{FORM}|FILE", help=f"{FORM_HELP}; or a .tflite file")
        parser.add_argument("--accelerator", choices=ACCELERATORS, default="ethos-u55-128", help="(ethos-u55-128)")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            content, macs = _network(options["network"])
            self.stdout.write(report(estimate(content, options["accelerator"]), macs))


def _network(text: str) -> tuple[bytes, int | None]:
    """The file's content, and its multiply-accumulates where the architecture is known."""
    if text.endswith(".tflite") and Path(text).is_file():
        return Path(text).read_bytes(), None
    trial = trial_named(text)
    check_network(trial)
    with default_storage.open(str(trial.tflite.name)) as stored:
        return stored.read(), network_macs(translation.architecture(trial.architecture))


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
