"""Small files as monitors and benchmarks write them."""

import numpy as np

RATE_HZ = 1_000


def monsoon_csv(
    *, idle_ma: float = 100.0, busy_ma: float = 400.0, volts: float = 4.0, before_s: float = 2.0, busy_s: float = 12.0
) -> bytes:
    """A Monsoon Python API CSV at 1 kHz: idle, busy, idle; a millivolt of noise keeps the gauge from being stale."""
    noise = np.random.default_rng(0)
    seconds = np.arange(0.0, 2 * before_s + busy_s, 1.0 / RATE_HZ)
    busy = (seconds >= before_s) & (seconds < before_s + busy_s)
    current = np.where(busy, busy_ma, idle_ma) + noise.normal(0.0, 1.0, len(seconds))
    rows = (f"{t:.4f},{i:.4f},{volts}," for t, i in zip(seconds, current, strict=True))
    return "\n".join(["Time(ms),Main(mA),Main Voltage(V),", *rows, ""]).encode()


def benchmark_log(graph: str = "network", microseconds: int = 5_000) -> bytes:
    """What benchmark_model prints of one network."""
    return (
        f"INFO: STARTING!\nINFO: Num threads: [1]\nINFO: Graph: [/data/local/tmp/earshot/{graph}.tflite]\n"
        f"INFO: count=100 first=5100 curr=5000 min=4900 max=5300 avg={microseconds} std=20\n\n"
        f"INFO: count=2400 first=5000 curr=5000 min=4900 max=5300 avg={microseconds} std=20\n\n"
        f"INFO: Inference timings in us: Init: 500, First inference: 5100, Warmup (avg): {microseconds}, "
        f"Inference (avg): {microseconds}\n"
    ).encode()


def own_table() -> bytes:
    """A table of a logger of one's own, which nobody knows."""
    rows = (f"{n * 2},{3.7},{90 + n % 7},{int(1000 <= n < 7000)}" for n in range(8_000))
    return "\n".join(["tick;ms".replace(";", "_"), *rows, ""]).replace("tick_ms", "tick,cell,draw,busy", 1).encode()
