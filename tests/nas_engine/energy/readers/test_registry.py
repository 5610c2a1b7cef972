import gzip
import zipfile
from pathlib import Path

import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.readers.parsing import unpacking
from nas_engine.errors import BadMeasurement

STOCK = b"Time(ms),Main(mA),Main Voltage(V),\n" + b"".join(b"%.4f,100.0,4.0,\n" % (i / 5000) for i in range(500))


def written(folder: Path, data: bytes, name: str) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["run.csv", "run.pt5", "run.json", "run"])
def test_content_and_not_name_decides(name: str, tmp_path: Path) -> None:
    assert registry.read(written(tmp_path, STOCK, name)).format == "monsoon_python"


def test_a_packed_file_gives_what_the_plain_one_does(tmp_path: Path) -> None:
    plain = registry.read(written(tmp_path, STOCK, "run.csv")).content
    packed = registry.read(written(tmp_path, gzip.compress(STOCK), "run.csv.gz")).content
    assert (plain.power_mw == packed.power_mw).all()


def test_several_files_in_a_zip_are_read_together_or_refused_as_one(tmp_path: Path) -> None:
    path = tmp_path / "runs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", STOCK)
        archive.writestr("b.csv", STOCK)
    assert [name for name, _ in registry.read_all(path)] == ["runs.zip/a.csv", "runs.zip/b.csv"]
    with pytest.raises(BadMeasurement, match="2 files in it"):
        registry.read(path)


def test_a_file_that_is_not_there_is_a_bad_measurement(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="cannot be read"):
        registry.read(tmp_path / "nothing.csv")


def test_an_unknown_table_lists_its_columns_and_says_how_to_go_on(tmp_path: Path) -> None:
    path = written(tmp_path, b"t_ms,amps\n0,0.1\n1,0.2\n", "own.csv")
    with pytest.raises(BadMeasurement, match=r'own.csv: no known format.*"t_ms", "amps": map them'):
        registry.read(path)


def test_unknown_binary_says_that_it_is_neither(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"junk: no known binary format and no text"):
        registry.read(written(tmp_path, bytes(range(256)) * 4, "junk"))


WORKBOOK = {"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>", "xl/worksheets/sheet1.xml": "<x/>"}
BYSTANDERS = {
    "manifest.json": (b'{\n "networks": [{"hash": "f00d", "flops": 123, "kb": 4}]\n}\n', "JSON, but neither results"),
    "page.csv": (b"<!DOCTYPE html>\n<html><body>Time(ms),Main(mA)\n0,1\n</body></html>", "this is a web page"),
    "pointer.csv": (b"version https://git-lfs.github.com/spec/v1\nsize 12345\n", "git lfs pull"),
    "results.csv": (b"architecture,energy_mj,latency_ms\nf00dfeedbeef,1.2,3.4\n", '"Import a table"'),
    "README.txt": (b"Bench of Monday, the warm one\n\nThe phone lay still.\n", "no table with rows of numbers"),
    "network.tflite": (b"\x1c\0\0\0TFL3" + bytes(range(256)), "no known binary format"),
}


@pytest.mark.parametrize("name", BYSTANDERS)
def test_what_holds_no_measurement_is_told_what_it_is_and_known_for_a_bystander(name: str, tmp_path: Path) -> None:
    content, message = BYSTANDERS[name]
    path = written(tmp_path, content, name)
    with pytest.raises(BadMeasurement, match=message):
        registry.read(path)
    assert registry.holds_no_measurement(path, name)
    assert registry.holds_no_measurement(written(tmp_path, gzip.compress(content), "packed"), name)


@pytest.mark.parametrize("content", [b"t_ms,amps\n0,0.1\n1,0.2\n", STOCK[:40], b"\x1f\x8b cut gzip", b""])
def test_a_table_and_a_damaged_recording_are_no_bystanders(content: bytes, tmp_path: Path) -> None:
    assert not registry.holds_no_measurement(written(tmp_path, content, "file"), "file")


def test_a_workbook_is_asked_for_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "trace.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in WORKBOOK.items():
            archive.writestr(name, content)
    with pytest.raises(BadMeasurement, match="an Office file, such as a workbook; save the sheet as CSV"):
        registry.read(path)
    assert not unpacking.holds_several(path)


def test_messages_name_the_file_as_its_owner_does(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"^mine.csv: "):
        registry.read(written(tmp_path, b"Main(mA)\n1\n2\n", "stored-by-hash"), name="mine.csv")


def test_a_mapping_comes_before_what_the_file_looks_like(tmp_path: Path) -> None:
    mapping = {"current": {"column": "Main(mA)", "unit": "uA"}, "voltage_v": 4.0, "rate_hz": 10.0}
    reading = registry.read(written(tmp_path, STOCK, "run.csv"), ReadOptions(mapping=mapping))
    assert reading.format == "mapped"
    assert reading.content.power_mw.mean() == pytest.approx(0.4)


def test_the_table_of_formats_in_the_documentation_is_that_of_the_readers() -> None:
    page = (Path(__file__).parents[4] / "docs" / "energy.md").read_text()
    for reader in (*registry.READERS, registry.MAPPER):
        assert f"| {reader.title} | {reader.accepts} |\n" in page
        assert "|" not in reader.title + reader.accepts


def test_no_two_readers_share_a_name() -> None:
    formats = [reader.format for reader in (*registry.READERS, registry.MAPPER)]
    assert len(set(formats)) == len(formats)
