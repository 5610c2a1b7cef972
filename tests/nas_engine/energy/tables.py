"""Tables of made-up networks to learn from: options that cost, alone and in pairs, and a number."""

import numpy as np

from nas_engine.energy.regression.schema import TableRow, Values

OPERATIONS = {"none": 0.0, "skip": 1.0, "pool": 2.0, "conv": 6.0}


def networks(count: int, seed: int = 0) -> list[TableRow]:
    """Three edges of a cell with one of four operations each, a width of four values, and a file size."""
    rng = np.random.default_rng(seed)
    names = sorted(OPERATIONS)
    rows: list[TableRow] = []
    for _ in range(count):
        edges = {f"edge {edge}": names[rng.integers(len(names))] for edge in range(3)}
        rows.append({**edges, "width": float(rng.choice([8, 16, 24, 32])), "bytes": float(rng.uniform(10, 60))})
    return rows


def costs(rows: list[TableRow], noise: float = 0.0, seed: int = 1) -> Values:
    """What a device takes: the operations' sum, doubled where the first edge is a convolution, and the bytes."""
    exact = [
        sum(OPERATIONS[str(row[f"edge {edge}"])] for edge in range(3)) * (2 if row["edge 0"] == "conv" else 1)
        + 0.1 * float(row["width"])
        + 0.05 * float(row["bytes"])
        for row in rows
    ]
    return np.array(exact) + noise * np.random.default_rng(seed).normal(size=len(rows))
