"""Run all benchmarks one after another, each in its own process, and write one JSON file.

    python -m benchmarks --json benchmarks/results/bench.json [--only training_throughput ...]

A benchmark is a module with `--json OUT`; its output is stored under its name in the result. A failed one is recorded
with its exit code and the last lines of its standard error; the others still run, and the exit code is 1.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

MODULES = (
    "training_throughput", "trial_overhead", "idle_share", "study_page", "gp_suggestions", "suggestions",
    "full_stack", "baselines", "file_bytes", "read_trace", "measure_next", "report", "reproduction", "streams",
)  # fmt: skip
_LIBRARIES = ("tensorflow", "tf-keras", "tensorflow-model-optimization", "google-vizier", "jax", "django", "celery")


def environment() -> dict[str, Any]:
    """Date, Python version and machine of the measurements."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def run(module: str) -> dict[str, Any]:
    """Result of one benchmark, or its exit code and last lines where it failed."""
    print(f"== {module}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        process = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{module}", "--json", str(out)], stderr=subprocess.PIPE, text=True
        )
        if process.returncode or not out.exists():
            return {"failed": process.returncode, "said": process.stderr.splitlines()[-20:]}
        result: dict[str, Any] = json.loads(out.read_text())
    return result | {"benchmark_seconds": round(time.monotonic() - started, 1)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/bench.json"))
    parser.add_argument("--only", nargs="+", choices=MODULES, default=MODULES)
    arguments = parser.parse_args()
    results = {"environment": environment()} | {module: run(module) for module in arguments.only}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))
    return int(any("failed" in result for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
