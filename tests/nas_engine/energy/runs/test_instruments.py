from nas_engine.energy.readers.registry import READERS
from nas_engine.energy.runs.instruments import BY_FORMAT, instruments


def test_every_instrument_belongs_to_a_format_that_a_reader_gives() -> None:
    assert set(BY_FORMAT) <= {reader.format for reader in READERS}


def test_a_figure_stands_only_with_its_source() -> None:
    for instrument in BY_FORMAT.values():
        assert bool(instrument.accuracy) == instrument.source.startswith("https://")


def test_files_of_one_instrument_name_it_once_and_others_none() -> None:
    names = [found.name for found in instruments(["powertool", "benchmark_model", "monsoon_python", "mapped"])]
    assert names == ["Monsoon Power Monitor"]
    assert instruments(["energyrunner_trace"]) == ()
