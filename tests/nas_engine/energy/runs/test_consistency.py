import pytest

from nas_engine.energy.runs.evaluation import evaluate
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.made_traces import ACTIVE_MW, reading, work

LATENCY_MS = 2.5
LOG = reading(BenchmarkLog((BenchmarkResult(latency_ms=LATENCY_MS),)))
GROSS_MJ = ACTIVE_MW * LATENCY_MS / 1e3


def test_of_results_that_contradict_each_other_in_one_log_none_is_chosen() -> None:
    log = reading(BenchmarkLog((BenchmarkResult(latency_ms=129.712), BenchmarkResult(latency_ms=33.826))))
    for files in ([log], [log, LOG], [LOG, log], [reading(work()), log]):
        with pytest.raises(BadMeasurement, match=r"129\.712 ms, 33\.826 ms per inference; none is chosen"):
            evaluate(files)
    result = evaluate([reading(work()), log], RunSettings(latency_ms=2.5))
    assert result.energies_mj == pytest.approx([GROSS_MJ], rel=1e-3)
    (told,) = [finding.message for finding in result.findings if finding.code == "several_results"]
    assert "129.712 ms, 33.826 ms per inference; 2.5 ms is used instead" in told


def test_one_log_of_two_networks_is_refused() -> None:
    results = tuple(BenchmarkResult(latency_ms=2.0, graph=graph) for graph in ("/data/a.tflite", "b.tflite"))
    with pytest.raises(BadMeasurement, match=r"a benchmark log of several networks \(a\.tflite, b\.tflite\)"):
        evaluate([reading(work()), reading(BenchmarkLog(results))])
