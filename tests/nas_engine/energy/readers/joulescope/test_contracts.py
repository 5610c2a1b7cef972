"""What scripts and drivers of Joulescope write, held to the contract of all readers."""

from nas_engine.energy.readers.joulescope.driver_statistics import DriverStatistics
from nas_engine.energy.readers.joulescope.pyjls_csv import PyjlsCsv
from nas_engine.energy.readers.joulescope.trigger_summaries import TriggerSummaries
from nas_engine.testing.readers import ReaderContract, TableContract
from tests.nas_engine.energy.readers.joulescope import written


class TestTriggerSummaries(ReaderContract):
    reader = TriggerSummaries()
    whole = written.trigger().encode()


class TestDriverStatistics(ReaderContract):
    reader = DriverStatistics()
    whole = written.driver().encode()


class TestPyjlsCsv(TableContract):
    reader = PyjlsCsv()
    whole = written.pyjls_rows().replace("# ", "").encode()
