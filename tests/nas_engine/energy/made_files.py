"""A small file of every format by name, made as its writer makes it: what tests of whole reports go through.

`FORMATS` says which reader each is for; those in `NO_MEASUREMENT` are recognised and refused with what to do instead.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from tests.nas_engine.energy import sessions
from tests.nas_engine.energy.readers import files, samples, streams
from tests.nas_engine.energy.readers.joulescope import written
from tests.nas_engine.energy.readers.loggers import logged
from tests.nas_engine.energy.readers.microcontrollers import printouts

ANDROID_RUNNER = "energy_joules,duration_ms,error_flag"
TENSORFLOW_1_LOG = """Loaded model m.tflite
resolved reporter
Running benchmark for at least 4 iterations and at least 0.5 seconds
count=8 first=90000 curr=61000 min=60000 max=90000 avg=65000.5 std=9000

Running benchmark for at least 10 iterations and at least 1 seconds
count=20 first=60900 curr=61000 min=60800 max=61200 avg=61000.5 std=40

Average inference timings in us: Warmup: 65000.5, Init: 9000, no stats: 61000.5
STARTING!
Graph: [m.tflite]
"""
MLCOMMONS_LOG = """Logging initialized. Writing output to sessions
Initializing SerialDevice on port: COM5 at 3686400 baud
Retrieving name from DUT ...
"""
OP_PROFILE = """Profiling Info for Benchmark Initialization:
============================== Run Order ==============================
\t             [node type]\t          [start]\t  [first]\t [avg ms]\t     [%]
\t ModifyGraphWithDelegate\t            0.000\t  100.000\t  100.000\t 60.000%

Operator-wise Profiling Info for Regular Benchmark Runs:
"""
BATTERY_TABLE = """device,subject,run,EXTRA_VOLTAGE,BATTERY_PROPERTY_CURRENT_NOW,Energy trapz (J),Avg power (W)
phone,app,0,4000.0,-125.0,0.03,0.5
phone,app,1,4000.0,-126.0,0.03,0.5
"""
EXCERPT = "Time(ms)\tMain(mA)\tMain Voltage(V)\n" + "".join(f"0.03\t{11.5 + n % 3 / 10}\t4.0\n" for n in range(6))


def jls() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return samples.jls(Path(folder) / "recording.jls", samples=2_000)


def stale_gauge() -> str:
    """A gauge in mA that is read every 4 ms and changes once in 20 s."""
    rows = "".join(f"{1_767_323_045_000 + 4 * n},{-200 if n < 2_500 else -220},4000\n" for n in range(5_000))
    return "Timestamp,BATTERY_PROPERTY_CURRENT_NOW,EXTRA_VOLTAGE\n" + rows


def _trials() -> str:
    """Two trials of 500 samples of 1 ms: 5 mW, in the window 0.1 and 0.102 mJ for each of 20 inferences."""
    trials = []
    for energy_j in (1e-4, 1.02e-4):
        power_j = [5e-6] * 50 + [energy_j * 20 / 400] * 400 + [5e-6] * 50
        trials.append(samples.mlcommons_trial(power_j, 50, 450, iterations=20))
    return json.dumps(trials)


_TEXT: Mapping[str, tuple[str, Callable[[], str]]] = {
    "joulescope_statistics.csv": ("joulescope_statistics", samples.joulescope_statistics),
    "joulescope_export.csv": ("joulescope_export", samples.joulescope_export),
    "joulescope_trigger.csv": ("joulescope_trigger", written.trigger),
    "joulescope_driver.csv": ("joulescope_driver_statistics", written.driver),
    "pyjls.csv": ("joulescope_pyjls_csv", written.pyjls_rows),
    "ppk2.csv": ("ppk2_csv", samples.ppk2),
    "otii.csv": ("otii", lambda: samples.otii(400)),
    "Main current - Arc.csv": ("otii", samples.older_otii),
    "stm32n6.csv": ("stm32n6", samples.stm32n6),
    "battery.csv": ("android_battery", samples.battery),
    "stale_gauge.csv": ("android_battery", stale_gauge),
    "trepn.csv": ("trepn", samples.trepn),
    "run_energy.csv": ("android_runner_monsoon", lambda: f"{ANDROID_RUNNER}\r\n60.5,120000.0,False\r\n"),
    "tiny_results.txt": ("runner_results", lambda: samples.RUNNER_RESULTS),
    "results.json": ("mlcommons_results", _trials),
    "tf1.log": ("benchmark_model", lambda: TENSORFLOW_1_LOG),
    "tf2.log": ("benchmark_model", samples.benchmark_log),
    "tf2_exponent.log": ("benchmark_model", lambda: samples.benchmark_log("2.95034e+06")),
    "litert.log": ("benchmark_model", lambda: samples.LITERT_LOG),
    "tegrastats.log": ("tegrastats", logged.tegrastats),
    "tegrastats_nano.log": ("tegrastats", lambda: logged.tegrastats(logged.NANO)),
    "jtop.csv": ("jtop", logged.jtop),
    "nvidia_smi.csv": ("nvidia_smi", logged.nvidia_smi),
    "nvidia_smi_dmon.txt": ("nvidia_smi_monitor", lambda: logged.DMON),
    "pyjoules.csv": ("pyjoules", logged.pyjoules),
    "pyjoules.txt": ("pyjoules_printed", lambda: logged.PYJOULES_PRINTED),
    "pyrapl.csv": ("pyrapl", logged.pyrapl),
    "pyrapl.txt": ("pyrapl_printed", lambda: logged.PYRAPL_PRINTED),
    "emissions.csv": ("codecarbon", logged.codecarbon),
    "lpm01a.txt": ("lpm01a", streams.lpm01a),
    "sigrok.csv": ("sigrok", streams.sigrok),
    "cube_ai.txt": ("cube_ai", lambda: printouts.CUBE_AI),
    "st_edge_ai.txt": ("cube_ai", lambda: printouts.ST_EDGE_AI),
    "st_edge_ai_analysis.txt": ("cube_ai", lambda: printouts.ST_EDGE_AI_ANALYSIS),
    "tflm.log": ("tflm_ticks", lambda: printouts.TFLM),
    "tflm_generic.csv": ("tflm_profile", lambda: printouts.TFLM_GENERIC),
    "edge_impulse.log": ("edge_impulse", lambda: printouts.EDGE_IMPULSE),
    "excerpt.tsv": ("monsoon_python", lambda: EXCERPT),
    "tiny_log.txt": ("mlcommons_log", lambda: MLCOMMONS_LOG),
    "profile.log": ("benchmark_model", lambda: OP_PROFILE),
    "profile.csv": ("op_profile", lambda: "node type, first, avg_ms, %\nConvolution (NHWC, F32) IGEMM,0.1,0.1,9.5%\n"),
    "battery_runs.csv": ("android_runner_aggregate", lambda: BATTERY_TABLE),
    "monsoon_runs.csv": (
        "android_runner_aggregate",
        lambda: f"device,subject,{ANDROID_RUNNER}\nphone,app,60.0,120000.0,False\nphone,app,61.0,120000.0,False\n",
    ),
    "ppk2_summary.csv": ("ppk2_summary", lambda: "timestamp,test_number,mode,avg_current_uA\n2024-01-01,1,idle,12.5\n"),
    "results_table.csv": ("results_table", lambda: "architecture,energy_mj,latency_ms\nf00dfeedbeef,1.2,3.4\n"),
    "page.csv": ("web_page", lambda: "<!DOCTYPE html>\n<html><body>Time(ms),Main(mA)</body></html>\n"),
    "pointer.csv": ("lfs_pointer", lambda: "version https://git-lfs.github.com/spec/v1\nsize 12345\n"),
    "battery_stats.txt": ("battery_stats", lambda: "Statistics since last charge:\n  Estimated power use (mAh):\n"),
    "three_runs.csv": (
        "android_runner_monsoon",
        lambda: f"{ANDROID_RUNNER}\n" + "".join(f"{60 + n}.5,120000.0,False\n" for n in range(3)),
    ),
}
_BYTES: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "monsoon.csv": ("monsoon_python", files.monsoon),
    "monsoon_numpy.csv": ("monsoon_python", lambda: files.monsoon(lambda value: f"np.float64({value!r})")),
    "powertool.csv": ("powertool", files.powertool),
    "hvpm.csv": ("monsoon_hvpm", files.hvpm),
    "aosp.txt": ("aosp_monsoon", files.aosp),
    "aosp_current.txt": ("aosp_monsoon", lambda: files.aosp(volts=False)),
    "recording.jls": ("jls", jls),
    "session.ppk2": ("ppk2_session", samples.ppk2_session),
    "monsoon.pt5": ("powertool_binary", files.pt5),
    "old.ppk": ("ppk_session", samples.old_ppk),
}
_SESSION_FORMATS = {
    "trace1-energy.bin": "energyrunner_trace",
    "trace1-timestamps.json": "energyrunner_stamps",
    "results.txt": "runner_results",
    "log.txt": "energyrunner_log",
    "script.async": "energyrunner_script",
    "power.csv": "monsoon_python",
    "inference_time.csv": "inference_times",
    "idle.csv": "monsoon_python",
}

FORMATS: Mapping[str, str] = {
    name: format for made in (_TEXT, _BYTES) for name, (format, _) in made.items()
} | _SESSION_FORMATS
NO_MEASUREMENT = {
    "log.txt": "log of an EnergyRunner session.*give trace1-energy.bin",
    "script.async": "script of an EnergyRunner session.*give trace1-energy",
    "tiny_log.txt": "log of the MLCommons Tiny runner.*give results.json",
    "battery_runs.csv": "several runs.*give the CSV of each run",
    "monsoon_runs.csv": "several runs.*give the CSV of each run",
    "three_runs.csv": "table of 3 runs; give the result of each run",
    "profile.log": "op profile.*give .*without --enable_op_profiling",
    "profile.csv": "op profile.*give .*without --enable_op_profiling",
    "monsoon.pt5": "export it as CSV",
    "old.ppk": "session of the old Power Profiler.*export CSV",
    "st_edge_ai_analysis.txt": "without a duration.*validate on the target",
    "tflm_generic.csv": "ticks have no rate.*time of one inference",
    "nvidia_smi_dmon.txt": "nvidia-smi dmon.*query nvidia-smi --query-gpu",
    "pyjoules.txt": "what pyJoules prints.*CSVHandler",
    "pyrapl.txt": "what pyRAPL prints.*CSVOutput",
    "ppk2_summary.csv": "averages of a ppk2-api script.*give the samples",
    "results_table.csv": "table of results of several networks.*import it",
    "page.csv": "web page.*download the file itself",
    "pointer.csv": "pointer of Git LFS.*fetch the file itself",
    "battery_stats.txt": "battery statistics.*record with a power monitor",
}


@cache
def content(name: str) -> bytes:
    """What the file of this name holds."""
    if name in _TEXT:
        return _TEXT[name][1]().encode()
    if name in _BYTES:
        return _BYTES[name][1]()
    return (sessions.energyrunner() | sessions.phone())[name]


def write_all(folder: Path) -> Path:
    for name in FORMATS:
        (folder / name).write_bytes(content(name))
    return folder
