"""Small files of each format, as their writers write them, with figures that one can tell in one's head."""

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from pyjls import DataType, Writer

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.traces.trace import FileReading

FRAME = np.dtype([("current_ua", "<f4"), ("inputs", "<u2")])


def read(folder: Path, data: bytes | str, name: str = "file", **options: Any) -> FileReading:
    """What the registry makes of a file with this content."""
    path = folder / name.replace("/", "_")
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return registry.read(path, ReadOptions(**options), name)


def joulescope_statistics(rows: int = 11, *, first: float = 0.0) -> str:
    """0.1 A at 4 V, a row every half second: 0.4 W."""
    lines = [f"{i / 2:.1f},0.1,4,0.4,{first + i * 0.05:g},{first + i * 0.2:g}" for i in range(rows)]
    return "\n".join(["#time,current,voltage,power,charge,energy", *lines, ""])


def ppk2(header: str = "Timestamp(ms),Current(uA),D0-D7", *, samples: int = 2_000) -> str:
    """1 mA, from the middle on 3 mA with D0 high; 100,000 rows a second."""
    lines = []
    for i in range(samples):
        high = i >= samples // 2
        cells = {
            "Timestamp(ms)": f"{i / 100:g}",
            "Current(uA)": "3000.000" if high else "1000.000",
            "D0-D7": "10000000" if high else "00000000",
            "D0,D1,D2,D3,D4,D5,D6,D7": "1,0,0,0,0,0,0,0" if high else "0,0,0,0,0,0,0,0",
        }
        lines.append(",".join(cells[name] for name in cells if name in header))
    return "\n".join([header, *lines, ""])


def ppk2_session(frames: np.ndarray | None = None, metadata: object = None) -> bytes:
    """The same as a session; `frames` of FRAME, `metadata` as metadata.json has it."""
    if frames is None:
        frames = np.zeros(2_000, FRAME)
        frames["current_ua"] = np.repeat([1000.0, 3000.0], 1_000)
        frames["inputs"] = np.repeat([0b01, 0b10], 1_000)
    if metadata is None:
        metadata = {"metadata": {"samplesPerSecond": 100_000, "startSystemTime": 1.7e12}, "formatVersion": 2}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("session.raw", frames.tobytes())
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("minimap.raw", "{}")
    return packed.getvalue()


def old_ppk() -> bytes:
    """A session of the Power Profiler before version 4: BSON, deflated without a header."""
    element = b"\x10samplesPerSecond\x00" + struct.pack("<i", 100_000)
    text = b"\x02pane\x00" + struct.pack("<i", 101) + b"x" * 100 + b"\x00"
    document = struct.pack("<i", 5 + len(element) + len(text)) + element + text + b"\x00"
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(document + bytes(4_000)) + packer.flush()


def jls(path: Path, signals: tuple[str, ...] = ("current", "voltage", "power"), samples: int = 20_000) -> bytes:
    """0.1 A at 3 V, 100,000 samples a second, gpi[0] high in the second half; written by pyjls itself."""
    values = {"current": 0.1, "voltage": 3.0, "power": 0.3}
    with Writer(str(path)) as writer:
        writer.source_def(
            source_id=1, name="JS220", vendor="Jetperch", model="JS220", version="1", serial_number="001234"
        )
        for number, name in enumerate(signals, start=1):
            writer.signal_def(number, source_id=1, sample_rate=100_000, name=name, units="A")
            writer.fsr(number, 0, np.full(samples, values[name], np.float32))
        if signals:
            writer.signal_def(9, source_id=1, data_type=DataType.U1, sample_rate=100_000, name="gpi[0]", units="")
            writer.fsr(9, 0, np.packbits(np.arange(samples) >= samples // 2, bitorder="little"))
    return path.read_bytes()


def energyrunner_trace(energies_uj: list[float], rate_hz: float = 1000.0) -> bytes:
    return struct.pack(f"<Bf{len(energies_uj)}f", 0xF1, rate_hz, *energies_uj)


def mlcommons_trial(samples_j: list[float], begin: int, end: int, iterations: int = 5) -> dict[str, object]:
    return {
        "file": "tst_000000_Stop_7.bin",
        "infer": {"results": [0.0, 1.0], "iterations": iterations, "warmups": 1},
        "power": {"samples": samples_j, "timestamps": [["00", begin], ["01", end]], "voltage": 1.8},
    }


def battery(current: int = -200_000, rows: int = 500) -> str:
    """A phone at 4 V, every 40 ms; the gauge follows its load a little."""
    lines = [f"{1_689_115_252_310 + 40 * i},{current + current // 100 * (i // 10 % 7)},4000" for i in range(rows)]
    return "\n".join(["Timestamp,BATTERY_PROPERTY_CURRENT_NOW,EXTRA_VOLTAGE", *lines, ""])


JOULESCOPE_EXPORT = "# time,JS220-001234.i,JS220-001234.v,JS220-001234.p\n"


def joulescope_export(rows: int = 100, header: str = JOULESCOPE_EXPORT) -> str:
    return header + "".join(f"{i / 1000:.18e},{0.1:.18e},{4:.18e},{0.4:.18e}\n" for i in range(rows))


OTII = '"Wall-clock time (UTC)","Arc Main Current (A)","Arc Main Voltage (V)","Arc Main Energy (J)"\n'


def otii(rows: int = 4_000) -> str:
    """0.1 A at 4 V, 4,000 rows a second, from 2026-01-02 03:04:05 on."""
    return OTII + "".join(
        f'"2026-01-02 03:04:{5 + i / 4000:09.6f}","0.1","4.0","{i * 1e-4:.6f}"\n' for i in range(rows)
    )


def older_otii(rows: int = 400) -> str:
    return "Timestamp,Value\n" + "".join(f"{i * 0.00025:.5f},0.1\n" for i in range(rows))


def stm32n6(rows: int = 1_000) -> str:
    """Two rails of 0.1 and 0.05 W, in the last quarter 0.3 W more; step 1 is the inference."""
    lines = ["time,VDDCORE,VDDIO,seq_changed,seq_idx,seq_name,RCC_DIVENR,RCC_MISCENR"]
    for i in range(rows):
        step = int(i >= rows * 3 // 4)
        changed = i == rows * 3 // 4
        name = ("idle", "inference")[step]
        lines.append(f"{i / 100_000},{0.1 + 0.3 * step},0.05,{int(changed)},{step},{name},{'0x1' if changed else ''},")
    return "\n".join([*lines, ""])


TIMES = "inference_index,start_us,end_us,duration_us\n"


def times(*passes: int, since_us: int = 1_756_255_148_955_224) -> str:
    """Passes of so many inferences of 2 ms, 0.1 ms apart."""
    rows, now = [], since_us
    for inferences in passes:
        for index in range(inferences):
            rows.append(f"{index},{now},{now + 2_000},2000")
            now += 2_100
    return TIMES + "".join(row + "\n" for row in rows)


RUNNER_RESULTS = """Power Edition Output
Energy data for trial 0
  Elapsed time  : 10.0
  Inferences    : 100
  Power         : 5.0000 mW.
  Total Energy  : 50000.000 uJ
  Energy/Inf    : 500.000 uJ/inf
---
Median energy cost is 500.0000 uJ/inf.
"""


TREPN = "Time  [ms],CPU1 Load [%],Time  [ms],Battery Power* [uW] (Raw),Battery Power* [uW] (Delta)\r\n"


def trepn(rows: int = 40) -> str:
    """A phone of 0.8 W, more or less, every 100 ms."""
    return "Time  [ms],Battery Power* [uW] (Raw),Battery Power* [uW] (Delta)\n" + "".join(
        f"{100 * i + 7 * (i % 3)},{800_000 + 1_000 * (i % 5)},{i % 9}\n" for i in range(rows)
    )


def benchmark_log(average_us: str = "2010.5", *, graph: str = "a.tflite") -> str:
    """What TF 2.x prints without asking."""
    return f"""STARTING!
Log parameter values verbosely: [0]
Num threads: [1]
Graph: [{graph}]
Loaded model {graph}
The input model file size (MB): 0.0384
Initialized session in 1.5ms.
Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
count=240 first=2600 curr=2050 min=1990 max=2600 avg=2062.5 std=40

Running benchmark for at least 50 iterations and at least 30 seconds but terminate if exceeding 150 seconds.
count=14900 first=2050 curr=2011 min=1985 max=2400 avg={average_us} std=9 p5=2001 median=2009 p95=2024

Inference timings in us: Init: 1500, First inference: 2600, Warmup (avg): 2062.5, Inference (avg): {average_us}
Note: as the benchmark tool itself affects memory footprint, the following is only APPROXIMATE.
Memory footprint delta from the start of the tool (MB): init=1.5 overall=2.25
"""


LITERT_LOG = """INFO: STARTING!
INFO: Num threads: [4]
INFO: [litert/tools/benchmark_litert_model.cc:137] Loading model from: face.tflite
INFO: The input model file size (MB): 0.229746
INFO: count=526 first=2125 curr=969 min=910 max=2125 avg=949.861 std=68 p5=915 median=939 p95=990

INFO: count=1054 first=1015 curr=942 min=910 max=1102 avg=947.132 std=23 p5=915 median=942 p95=991

INFO: [./litert/tools/benchmark_litert_model.h:72]
========== BENCHMARK RESULTS ==========
INFO: [./litert/tools/benchmark_litert_model.h:73] Model initialization: 5.76 ms
INFO: [./litert/tools/benchmark_litert_model.h:75] Warmup (first):       2.12 ms
INFO: [./litert/tools/benchmark_litert_model.h:77] Warmup (avg):         0.95 ms (526 runs)
INFO: [./litert/tools/benchmark_litert_model.h:79] Inference (avg):      0.95 ms (1054 runs)
INFO: [./litert/tools/benchmark_litert_model.h:83] Inference (min):      0.91 ms
INFO: [./litert/tools/benchmark_litert_model.h:85] Inference (max):      1.10 ms
INFO: [./litert/tools/benchmark_litert_model.h:87] Inference (std):      0.02
INFO: [./litert/tools/benchmark_litert_model.h:103]
Memory Usage:
INFO: [./litert/tools/benchmark_litert_model.h:107] Overall footprint:    7.07 MB
INFO: [./litert/tools/benchmark_litert_model.h:117] ======================================
"""
