"""Files without lines and rows are spoken of in samples."""

import json
from pathlib import Path

import pytest

from nas_engine.energy.readers.base import FileSource
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers import samples
from tests.nas_engine.energy.readers.samples import read

HUNDREDS_OF_WATTS = {
    "trace1-energy.bin": samples.energyrunner_trace([65.0] * 4 + [2e5] + [65.0] * 5),
    "results.json": json.dumps([samples.mlcommons_trial([1e-4] * 4 + [0.2] + [1e-4] * 5, 2, 8)]),
}


@pytest.mark.parametrize("name", HUNDREDS_OF_WATTS)
def test_an_absurd_sample_is_called_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="200 W in sample 5; no device here takes over 100 W") as refused:
        read(tmp_path, HUNDREDS_OF_WATTS[name], name)
    assert "row" not in str(refused.value)


def test_places_are_lines_unless_the_reader_counts_samples() -> None:
    source = FileSource("a.bin", Path("a.bin"))
    assert str(source.wrong("what; to do", line=1_234)) == "a.bin, line 1,234: what; to do"
    assert str(source.in_samples().wrong("what; to do", line=1_234)) == "a.bin, sample 1,234: what; to do"
