"""Time and memory to read, check and integrate five minutes of a Monsoon trace: 1.5 million rows, 67 MB.

    python -m benchmarks.read_trace --json OUT [--rows 1500000]

The file is made as Monsoon's Python API writes it: seconds below "Time(ms)", stamps in bursts of 128, a comma at the
end of rows; once more with the `np.float64(...)` of NumPy 2, once packed with gzip. Each is read in its own process.
`cpu_seconds` are user and system time of all threads, without imports, as in a worker that is warm; `plot_cpu_seconds`
are those of the plot's pyramid in addition; `cpu_seconds_with_imports` are those of the whole process. `peak_mb` is its
peak memory.
"""

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import peak_bytes

_BURST = 128
_RATE_HZ = 5_000.0
_BLOCK_ROWS = 100_000
KINDS = ("plain", "np.float64", "gzip")


def rows(count: int, seed: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Blocks of stamps, mA and V: idle for a third, then inferences of 2 ms at twice the current."""
    rng = np.random.default_rng(seed)
    for start in range(0, count, _BLOCK_ROWS):
        index = np.arange(start, min(start + _BLOCK_ROWS, count))
        arrived_s = (index // _BURST + 1) * _BURST / _RATE_HZ + index % _BURST // 2 * 1.1e-6
        busy = (index > count / 3) & (index % 10 < 9)
        current_ma = np.where(busy, 500.0, 80.0) + rng.normal(0, 5, len(index))
        yield arrived_s + 0.030971766, current_ma, 4.19 + rng.integers(-8, 8, len(index)) * 0.00025


def write(path: Path, count: int, cell: str) -> None:
    """Write the file with each number formatted by `cell`."""
    line = ",".join([cell] * 3) + ",\n"
    with path.open("w") as file:
        file.write("Time(ms),Main(mA),Main Voltage(V),\n")
        for stamps, current_ma, voltage_v in rows(count):
            values = np.stack((stamps, current_ma, voltage_v), axis=1).tolist()
            file.writelines(line.format(*row) for row in values)


def measure(path: Path) -> dict[str, Any]:
    """Read, check, find the window and integrate, as a worker does, in this process."""
    from nas_engine.energy.readers import registry
    from nas_engine.energy.runs.evaluation import evaluate
    from nas_engine.energy.traces.decimation import pyramid
    from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult, FileReading, Trace

    started, wall = time.process_time(), time.monotonic()
    reading = registry.read(path)
    read_seconds = time.process_time() - started
    assert isinstance(reading.content, Trace)
    result = evaluate([reading, FileReading("tflite_log", BenchmarkLog((BenchmarkResult(latency_ms=1.8),)))])
    cpu_seconds = time.process_time() - started
    plot = pyramid(reading.content).to_npz()
    return {
        "rows": result.samples,
        "file_mb": round(path.stat().st_size / 1e6, 1),
        "mean_power_mw": result.mean_power_mw,
        "windows_s": [[window.window.start_s, window.window.end_s] for window in result.windows],
        "energies_mj": result.energies_mj,
        "findings": [finding.code for finding in result.findings],
        "read_cpu_seconds": round(read_seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "plot_cpu_seconds": round(time.process_time() - started - cpu_seconds, 2),
        "plot_mb": round(len(plot) / 1e6, 1),
        "wall_seconds": round(time.monotonic() - wall, 2),
        "cpu_seconds_with_imports": round(time.process_time(), 2),
        "peak_mb": round(peak_bytes() / 1e6, 1),
    }


def in_own_process(path: Path) -> dict[str, Any]:
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.read_trace", "--measure", str(path)], stdout=subprocess.PIPE, check=True
    )
    result: dict[str, Any] = json.loads(process.stdout)
    return result


def made(folder: Path, kind: str, count: int) -> Path:
    """Path of the file of this kind in `folder`."""
    path = folder / "run.csv"
    write(path, count, "np.float64({!r})" if kind == "np.float64" else "{!r}")
    if kind != "gzip":
        return path
    packed = folder / "run.csv.gz"
    with path.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as stream:
        shutil.copyfileobj(plain, stream)
    return packed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rows", type=int, default=1_500_000)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure)))
        return 0
    results = {}
    for kind in KINDS:
        with tempfile.TemporaryDirectory(prefix="earshot-bench-") as folder:
            results[kind] = in_own_process(made(Path(folder), kind, arguments.rows))
        print(kind, json.dumps(results[kind]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
