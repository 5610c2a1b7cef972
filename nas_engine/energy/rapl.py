"""The energy that a Linux machine's processors count themselves (RAPL), where this process may read it.

The kernel shows one folder a package, `/sys/class/powercap/intel-rapl:0` and so on (also on AMD), with the microjoules
used since some moment, which start anew at `max_energy_range_uj`. Since CVE-2020-8694 most systems let only root read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
_UJ_A_MJ = 1_000.0


@dataclass(frozen=True, slots=True)
class Package:
    """One counter of a whole processor package."""

    folder: Path
    range_uj: int

    def read_uj(self) -> int:
        return int((self.folder / "energy_uj").read_text())


@dataclass(frozen=True, slots=True)
class Counters:
    """All packages of this machine."""

    packages: tuple[Package, ...]

    @classmethod
    def find(cls, powercap: Path = POWERCAP) -> "Counters | None":
        """None where there are no counters, or they may not be read: `why_not` says which."""
        packages = []
        for folder in sorted(powercap.glob("*-rapl:[0-9]*")):
            if ":" in folder.name.partition(":")[2]:
                continue  # a part of a package, which counts it already
            try:
                package = Package(folder, int((folder / "max_energy_range_uj").read_text()))
                package.read_uj()
                if (folder / "name").read_text().startswith("package"):
                    packages.append(package)
            except (OSError, ValueError):
                continue
        return cls(tuple(packages)) if packages else None

    def read_uj(self) -> tuple[int, ...]:
        """The present value of each counter."""
        return tuple(package.read_uj() for package in self.packages)

    def used_mj(self, before_uj: Sequence[int], after_uj: Sequence[int]) -> float:
        """Energy of all packages between two readings; a counter may have started anew once between them."""
        pairs = zip(self.packages, before_uj, after_uj, strict=True)
        used_uj = sum(after - before if after >= before else after + p.range_uj - before for p, before, after in pairs)
        return used_uj / _UJ_A_MJ


def why_not(powercap: Path = POWERCAP) -> str:
    """Why `Counters.find` found nothing, as a sentence that says what to do."""
    if not any(powercap.glob("*-rapl:[0-9]*")):
        return f"This computer shows no energy counters (RAPL) in {powercap}: latency only."
    return (
        f"The energy counters (RAPL) in {powercap} may not be read by the worker: latency only. For energy, as root: "
        f"chmod a+r {powercap}/intel-rapl:*/energy_uj"
    )
