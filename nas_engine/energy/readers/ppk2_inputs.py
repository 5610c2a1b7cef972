"""The eight digital inputs of Nordic's PPK2, D0 first, as triggers.

Source: nordicsemi/pc-nrfconnect-ppk, src/actions/exportChartAction.ts, src/utils/bitConversion.ts.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.trace import Values
from nas_engine.errors import BadMeasurement

NAMES = tuple(f"D{number}" for number in range(8))
MOST_CURRENT_UA = 2e6  # the PPK2 ends at 1 A

Inputs = dict[str, NDArray[np.bool_]]


def changing(states: Iterable[NDArray[np.bool_]]) -> Inputs:
    """Inputs by name, those left out that never change: they mark nothing."""
    return {name: state for name, state in zip(NAMES, states, strict=True) if state.any() and not state.all()}


def from_pairs(words: NDArray[np.uint16]) -> Inputs:
    """Inputs from two bits each: 1 low, 2 high, 3 both within the sample (taken as high), 0 unknown (as low)."""
    return changing((words >> (2 * number + 1)) & 1 == 1 for number in range(len(NAMES)))


def from_digits(values: Values) -> Inputs:
    """Inputs from `01000000` read as a number; empty cells, which are NaN, are low; BadMeasurement for others."""
    whole = np.nan_to_num(values).astype(np.int64)
    digits = [whole // 10 ** (7 - number) % 10 for number in range(len(NAMES))]
    if (
        (whole != np.nan_to_num(values)).any()
        or (whole < 0).any()
        or (whole >= 10**8).any()
        or max(map(np.max, digits)) > 1
    ):
        raise BadMeasurement("D0-D7 holds something else than eight zeros and ones: columns are swapped; export again")
    return changing(digit == 1 for digit in digits)


def from_words(words: Sequence[str]) -> Inputs:
    """Inputs from eight characters of `0 1 - X`: X is both within the sample (taken as high), - unknown (as low)."""
    for row, word in enumerate(words):
        if word and (len(word) != len(NAMES) or word.strip("01-X")):
            raise BadMeasurement(
                f'row {row + 1:,}: "{word[:20]}" under D0-D7, where eight of 0, 1, - and X belong; export again'
            )
    return changing(np.array([bool(word) and word[number] in "1X" for word in words]) for number in range(len(NAMES)))
