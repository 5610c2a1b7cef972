"""Parquet files of tables. As a program, which keeps polars out of the process that has the rows:

    python -m nas_engine.files.parquet < LINES > FILE.parquet

reads the names of the columns and then the rows, each as one line of a JSON list.
"""

import io
import json
import sys
from collections.abc import Mapping, Sequence

import polars

Scalar = str | int | float | bool | None


def parquet_of(columns: Mapping[str, Sequence[Scalar]]) -> bytes:
    """A Parquet file of columns of equal length, with their types: Boolean, Int64, Float64, else text.

    A column without any value is one of text.
    """
    frame = polars.DataFrame([polars.Series(name, *_typed(values)) for name, values in columns.items()])
    packed = io.BytesIO()
    frame.write_parquet(packed)
    return packed.getvalue()


def _typed(values: Sequence[Scalar]) -> tuple[Sequence[Scalar], polars.DataType | type[polars.DataType]]:
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {bool}:
        return values, polars.Boolean
    if kinds and kinds <= {int}:
        return values, polars.Int64
    if kinds and kinds <= {int, float}:
        return [None if value is None else float(value) for value in values], polars.Float64
    return [None if value is None else str(value) for value in values], polars.String


def main() -> int:
    """Write the table of standard input to standard output."""
    names = json.loads(sys.stdin.readline())
    rows = [json.loads(line) for line in sys.stdin]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    sys.stdout.buffer.write(parquet_of(columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
