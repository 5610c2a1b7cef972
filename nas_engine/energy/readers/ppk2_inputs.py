"""Eight digital inputs of Nordic's PPK2, D0 first, as triggers.

Source: nordicsemi/pc-nrfconnect-ppk, src/actions/exportChartAction.ts, src/utils/bitConversion.ts.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.traces.trace import Values
from nas_engine.errors import BadMeasurement

NAMES = tuple(f"D{number}" for number in range(8))
MOST_CURRENT_UA = 2e6  # the PPK2 ends at 1 A

Inputs = dict[str, NDArray[np.bool_]]


def changing(states: Iterable[NDArray[np.bool_]]) -> Inputs:
    """Inputs [n] by name from eight states [n], without those that never change."""
    return {name: state for name, state in zip(NAMES, states, strict=True) if state.any() and not state.all()}


def from_pairs(words: NDArray[np.uint16]) -> Inputs:
    """Inputs [n] from `words` [n], two bits each: 1 low, 2 high, 3 both within the sample (high), 0 unknown (low)."""
    return changing((words >> (2 * number + 1)) & 1 == 1 for number in range(len(NAMES)))


def from_digits(values: Values) -> Inputs:
    """Inputs [n] from cells like `01000000` read as numbers [n]; empty cells (NaN) are low.

    Raises BadMeasurement for digits other than 0 and 1.
    """
    filled = np.nan_to_num(values)
    if not ((filled >= 0.0) & (filled < 1e8)).all():
        raise _no_inputs()
    whole = filled.astype(np.int32)
    if (whole != filled).any():
        raise _no_inputs()
    return changing(_digit(whole, number) for number in range(len(NAMES)))


def _digit(whole: NDArray[np.int32], number: int) -> NDArray[np.bool_]:
    """One input at a time: eight columns of numbers would not fit into memory where the file just does."""
    digit = whole // 10 ** (7 - number) % 10
    if (digit > 1).any():
        raise _no_inputs()
    return np.asarray(digit == 1)


def _no_inputs() -> BadMeasurement:
    return BadMeasurement("D0-D7 holds something else than eight zeros and ones: columns are swapped; export again")


def from_words(words: Sequence[str]) -> Inputs:
    """Inputs [n] from words of eight of `0 1 - X`: X is both within the sample (taken as high), - unknown (as low).

    Raises BadMeasurement for other characters or lengths.
    """
    for row, word in enumerate(words):
        if word and (len(word) != len(NAMES) or word.strip("01-X")):
            raise BadMeasurement(
                f'row {row + 1:,}: "{word[:20]}" under D0-D7, where eight of 0, 1, - and X belong; export again'
            )
    return changing(np.array([bool(word) and word[number] in "1X" for word in words]) for number in range(len(NAMES)))
