"""Printed times of microcontrollers, held to the contract of all readers."""

from nas_engine.energy.readers.microcontrollers.cube_ai import CubeAi
from nas_engine.energy.readers.microcontrollers.edge_impulse import EdgeImpulse
from nas_engine.energy.readers.microcontrollers.tflm_ticks import TflmTicks
from nas_engine.energy.traces.trace import BenchmarkLog, FileReading
from nas_engine.testing.readers import ReaderContract
from tests.nas_engine.energy.readers.microcontrollers import printouts


class TestCubeAi(ReaderContract):
    reader = CubeAi()
    whole = printouts.CUBE_AI.encode()


class TestStEdgeAi(ReaderContract):
    reader = CubeAi()
    whole = printouts.ST_EDGE_AI.encode()


class TestTflmTicks(ReaderContract):
    reader = TflmTicks()
    whole = printouts.TFLM.encode()

    def check(self, damaged: FileReading, whole: FileReading) -> None:
        """A log without its last lines is timed by fewer runs, whose ticks differ by less than a thousandth."""
        assert_means_agree(damaged, whole, 1e-3)


class TestEdgeImpulse(ReaderContract):
    reader = EdgeImpulse()
    whole = printouts.EDGE_IMPULSE.encode()

    def check(self, damaged: FileReading, whole: FileReading) -> None:
        """Means are over the predictions that are there."""
        assert_means_agree(damaged, whole, 1e-9)


def assert_means_agree(damaged: FileReading, whole: FileReading, share: float) -> None:
    assert isinstance(damaged.content, BenchmarkLog)
    assert isinstance(whole.content, BenchmarkLog)
    found, expected = damaged.content.results[-1], whole.content.results[-1]
    assert abs(found.latency_ms / expected.latency_ms - 1.0) < share
    assert (found.runs or 0) <= (expected.runs or 0)
