"""Energy counters of a Linux machine's processors (RAPL), where this process may read them.

The kernel has one folder per package, `/sys/class/powercap/intel-rapl:0` and so on (also on AMD), with the microjoules
used since some moment; the count wraps at `max_energy_range_uj`. Since CVE-2020-8694 most systems let only root read.
Source: the Linux kernel's documentation, "Power Capping Framework".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
_UJ_A_MJ = 1_000.0


@dataclass(frozen=True, slots=True)
class RaplPackage:
    """Counter of one processor package: its powercap folder and the value (uJ) at which it wraps to 0."""

    folder: Path
    range_uj: int

    def read_uj(self) -> int:
        """Present value of the counter, uJ. Raises OSError where this process may not read it."""
        return int((self.folder / "energy_uj").read_text())


@dataclass(frozen=True, slots=True)
class RaplCounters:
    """Counters of all processor packages of this machine."""

    packages: tuple[RaplPackage, ...]

    @classmethod
    def find(cls, powercap: Path = POWERCAP) -> "RaplCounters | None":
        """Readable counters below `powercap`; None where there are none (`unavailable_reason` states why)."""
        packages = []
        for folder in sorted(powercap.glob("*-rapl:[0-9]*")):
            if ":" in folder.name.partition(":")[2]:
                continue  # a part of a package, which counts it already
            try:
                package = RaplPackage(folder, int((folder / "max_energy_range_uj").read_text()))
                package.read_uj()
                if (folder / "name").read_text().startswith("package"):
                    packages.append(package)
            except (OSError, ValueError):
                continue
        return cls(tuple(packages)) if packages else None

    def read_uj(self) -> tuple[int, ...]:
        """Present value of each counter [packages], uJ. Raises OSError where one is no longer readable."""
        return tuple(package.read_uj() for package in self.packages)

    def used_mj(self, before_uj: Sequence[int], after_uj: Sequence[int]) -> float:
        """Energy of all packages between two readings [packages] in uJ, in mJ; a counter may have wrapped once."""
        pairs = zip(self.packages, before_uj, after_uj, strict=True)
        used_uj = sum(after - before if after >= before else after + p.range_uj - before for p, before, after in pairs)
        return used_uj / _UJ_A_MJ


def unavailable_reason(powercap: Path = POWERCAP) -> str:
    """Message for the user: why `RaplCounters.find` found no counters, and what to do."""
    if not any(powercap.glob("*-rapl:[0-9]*")):
        return f"This computer shows no energy counters (RAPL) in {powercap}: latency only."
    return (
        f"The energy counters (RAPL) in {powercap} may not be read by the worker: latency only. For energy, as root: "
        f"chmod a+r {powercap}/intel-rapl:*/energy_uj"
    )
