"""One search as a value that another process can run."""

from dataclasses import dataclass

from benchmarks.compute import landscapes
from benchmarks.compute.entrants import BY_NAME
from benchmarks.compute.landscapes import Part
from benchmarks.compute.spending import ComputeRecord, PaidSearch


@dataclass(frozen=True, slots=True)
class ComputeTask:
    """Search that is to be run."""

    landscape: str
    part: Part
    entrant: str
    seed: int
    epochs: int

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        return self.landscape, landscapes.edition(self.landscape), self.part, self.entrant, self.seed

    def run(self) -> ComputeRecord:
        where = landscapes.landscape(self.landscape, self.part, self.seed)
        entrant = BY_NAME[self.entrant].make(where.space, self.seed, where.plan)
        return PaidSearch(entrant, where, self.seed, self.epochs).run(*self.key[:-1])
