"""Every format that is no Monsoon's, held to the contract of all readers."""

import json

import numpy as np
import pytest

from nas_engine.energy.readers.android_runner import AndroidRunnerMonsoon
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.readers.battery_manager import BatteryManager
from nas_engine.energy.readers.benchmark_log import BenchmarkModelLog
from nas_engine.energy.readers.energyrunner_stamps import EnergyRunnerStamps
from nas_engine.energy.readers.energyrunner_trace import EnergyRunnerTrace
from nas_engine.energy.readers.inference_times import InferenceTimes
from nas_engine.energy.readers.joulescope.export import JoulescopeExport
from nas_engine.energy.readers.joulescope.jls import Jls
from nas_engine.energy.readers.joulescope.statistics import JoulescopeStatistics
from nas_engine.energy.readers.mlcommons_results import MlcommonsResults
from nas_engine.energy.readers.otii import Otii
from nas_engine.energy.readers.ppk2_csv import Ppk2Csv
from nas_engine.energy.readers.ppk2_session import Ppk2Session
from nas_engine.energy.readers.runner_results import RunnerResults
from nas_engine.energy.readers.stm32n6 import Stm32n6
from nas_engine.energy.readers.trepn import Trepn
from nas_engine.testing.readers import ReaderContract, TableContract
from tests.nas_engine.energy.readers import samples

ROWS = 200


class TestBenchmarkModelLog(ReaderContract):
    reader = BenchmarkModelLog()
    whole = samples.benchmark_log().encode()


class TestBenchmarkModelLogOfLiteRt(ReaderContract):
    reader = BenchmarkModelLog()
    whole = samples.LITERT_LOG.encode()


class TestRunnerResults(ReaderContract):
    reader = RunnerResults()
    whole = samples.RUNNER_RESULTS.encode()


class TestEnergyRunnerTrace(ReaderContract):
    reader = EnergyRunnerTrace()
    whole = samples.energyrunner_trace([65.42 + i % 7 for i in range(ROWS)])


class TestEnergyRunnerStamps(ReaderContract):
    reader = EnergyRunnerStamps()
    whole = json.dumps([0.015, 2.78, 13.994, 15.851, 27.064], indent=1).encode()


class TestMlcommonsResults(ReaderContract):
    reader = MlcommonsResults()
    whole = json.dumps(
        [samples.mlcommons_trial([1e-6 + i % 5 * 1e-7 for i in range(ROWS)], 50, 150)], indent=1
    ).encode()


class TestInferenceTimes(ReaderContract):
    reader = InferenceTimes()
    whole = samples.times(10, 50).encode()


class TestAndroidRunnerMonsoon(ReaderContract):
    reader = AndroidRunnerMonsoon()
    whole = b"energy_joules,duration_ms,error_flag\r\n62.607075785101216,180296.0,False\r\n"


class TestJls(ReaderContract):
    reader = Jls()

    @pytest.fixture(autouse=True)
    def recording(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        self.whole = samples.jls(tmp_path_factory.mktemp("jls") / "w.jls")


class TestPpk2Session(ReaderContract):
    reader = Ppk2Session()
    whole = samples.ppk2_session()
    options = ReadOptions(voltage_v=3.0)


class TestPpk2Csv(TableContract):
    reader = Ppk2Csv()
    whole = samples.ppk2(samples=ROWS).encode()
    options = ReadOptions(voltage_v=3.0)


class TestPpk2CsvWithInputsApart(TableContract):
    reader = Ppk2Csv()
    whole = samples.ppk2("Timestamp(ms),Current(uA),D0,D1,D2,D3,D4,D5,D6,D7", samples=ROWS).encode()
    options = ReadOptions(voltage_v=3.0)


class TestJoulescopeStatistics(TableContract):
    reader = JoulescopeStatistics()
    whole = samples.joulescope_statistics(ROWS).replace("#", "").encode()


class TestJoulescopeExport(TableContract):
    reader = JoulescopeExport()
    whole = samples.joulescope_export(ROWS).replace("# ", "").encode()


class TestOtii(TableContract):
    reader = Otii()
    whole = samples.otii(ROWS).replace('"', "").encode()


class TestOlderOtii(TableContract):
    reader = Otii()
    whole = samples.older_otii(ROWS).encode()
    options = ReadOptions(voltage_v=4.0)


class TestStm32n6(TableContract):
    reader = Stm32n6()
    whole = samples.stm32n6(ROWS).encode()


class TestBatteryManager(TableContract):
    reader = BatteryManager()
    whole = samples.battery(rows=ROWS).encode()


class TestTrepn(TableContract):
    reader = Trepn()
    whole = samples.trepn(ROWS).encode()


def test_the_samples_are_worth_damaging() -> None:
    """A trace of one value would pass for any part of itself."""
    assert np.ptp([75.0 + i % 7 for i in range(ROWS)]) > 0
