"""Logs of computers' own sensors and counters, held to the contract of all readers."""

from nas_engine.energy.readers.loggers.codecarbon import CodeCarbon
from nas_engine.energy.readers.loggers.energy_counters import PyJoules, PyRapl
from nas_engine.energy.readers.loggers.jtop import Jtop
from nas_engine.energy.readers.loggers.nvidia_smi import NvidiaSmi
from nas_engine.energy.readers.loggers.tegrastats import Tegrastats
from nas_engine.energy.traces.trace import EnergySummary, FileReading
from nas_engine.testing.readers import ReaderContract
from tests.nas_engine.energy.readers.loggers import logged


class TestTegrastats(ReaderContract):
    reader = Tegrastats()
    whole = logged.tegrastats().encode()


class TestJtop(ReaderContract):
    reader = Jtop()
    whole = logged.jtop().encode()


class TestNvidiaSmi(ReaderContract):
    reader = NvidiaSmi()
    whole = logged.nvidia_smi().encode()


class TestPyJoules(ReaderContract):
    reader = PyJoules()
    whole = logged.pyjoules().encode()


class TestPyRapl(ReaderContract):
    reader = PyRapl()
    whole = logged.pyrapl().encode()

    def check(self, damaged: FileReading, whole: FileReading) -> None:
        """A file cut between the sockets of a run has one socket less in its last."""
        assert_power_is_at_most(damaged, whole)


class TestCodeCarbon(ReaderContract):
    reader = CodeCarbon()
    whole = logged.codecarbon().encode()

    def check(self, damaged: FileReading, whole: FileReading) -> None:
        """A file without its last row has the sums of the row before."""
        assert_power_is_at_most(damaged, whole)


def assert_power_is_at_most(damaged: FileReading, whole: FileReading) -> None:
    assert isinstance(damaged.content, EnergySummary)
    assert isinstance(whole.content, EnergySummary)
    assert damaged.content.mean_power_mw <= whole.content.mean_power_mw * (1 + 1e-9)
    assert damaged.content.duration_s <= whole.content.duration_s
