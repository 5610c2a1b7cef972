import gzip
import io
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing.unpacking import LIMITS, extract, members, unpacked
from nas_engine.errors import BadMeasurement
from nas_engine.files.unpacking import UnpackingLimits

TEXT = b"Time(ms),Main(mA),Main Voltage(V),\n" + b"0.1,2.0,4.2,\n" * 50


def source(folder: Path, data: bytes, name: str = "run.csv") -> FileSource:
    path = folder / "upload"
    path.write_bytes(data)
    return FileSource(name, path)


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def contents(packed: FileSource, limits: UnpackingLimits = LIMITS) -> dict[str, bytes]:
    with unpacked(packed, limits) as files:
        return {file.name: file.path.read_bytes() for file in files}


def test_a_plain_file_is_given_as_it_is(tmp_path: Path) -> None:
    assert contents(source(tmp_path, TEXT)) == {"run.csv": TEXT}


def test_gzip_by_content_and_whatever_the_name(tmp_path: Path) -> None:
    assert contents(source(tmp_path, gzip.compress(TEXT), "run.csv.gz")) == {"run.csv": TEXT}
    assert contents(source(tmp_path, gzip.compress(TEXT), "run.csv")) == {"run.csv": TEXT}


def test_every_file_of_a_zip_but_none_that_a_system_added(tmp_path: Path) -> None:
    files = {"a.csv": TEXT, "b/c.log": b"log", "b/": b"", "__MACOSX/a.csv": b"x", "b/.DS_Store": b"x"}
    assert contents(source(tmp_path, zipped(files), "run.zip")) == {"run.zip/a.csv": TEXT, "run.zip/b/c.log": b"log"}


def test_temporary_files_are_gone_afterwards(tmp_path: Path) -> None:
    with unpacked(source(tmp_path, gzip.compress(TEXT))) as files:
        path = files[0].path
        assert path.exists()
    assert not path.exists()


def test_a_gzip_of_a_gigabyte_is_refused_early_and_in_little_memory(tmp_path: Path) -> None:
    bomb = source(tmp_path, 100 * gzip.compress(bytes(10_000_000)), "bomb.gz")
    tracemalloc.start()
    with pytest.raises(BadMeasurement, match="unpacks to more than 100 times its size"):
        contents(bomb)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 20_000_000


def test_a_zip_that_says_it_holds_a_gigabyte_is_not_even_opened(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="unpacks to 1,000 MB; at most 500 MB"):
        contents(source(tmp_path, told_size(zipped({"a.csv": bytes(30_000_000)}), 30_000_000, 1_000_000_000)))


def test_a_zip_that_lies_about_its_size_is_refused_as_it_comes_out(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"run.csv: (unpacks to more|the zip is cut or damaged)"):
        contents(source(tmp_path, told_size(zipped({"a.csv": bytes(30_000_000)}), 30_000_000, 1_000)))


def told_size(packed: bytes, true_bytes: int, told_bytes: int) -> bytes:
    return packed.replace(true_bytes.to_bytes(4, "little"), told_bytes.to_bytes(4, "little"))


def test_limits_hold_for_all_members_together(tmp_path: Path) -> None:
    three = source(tmp_path, zipped(dict.fromkeys("abc", TEXT)))
    with pytest.raises(BadMeasurement, match="unpacks to"):
        contents(three, replace(LIMITS, expanded_bytes=2 * len(TEXT)))
    with pytest.raises(BadMeasurement, match="3 files in the zip; at most 2"):
        contents(three, replace(LIMITS, members=2))


def test_a_plain_file_has_the_same_limit(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="export a shorter stretch"):
        contents(source(tmp_path, TEXT), replace(LIMITS, expanded_bytes=100))


# Names are given because packed bytes hold the time, and every worker must collect the same names.
@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(gzip.compress(gzip.compress(TEXT)), "archive inside an archive", id="gzip in gzip"),
        pytest.param(zipped({"a.gz": gzip.compress(TEXT)}), "archive inside an archive", id="gzip in zip"),
        pytest.param(zipped({"a.zip": zipped({"b": TEXT})}), "archive inside an archive", id="zip in zip"),
        pytest.param(gzip.compress(zipped({"b": TEXT})), "archive inside an archive", id="zip in gzip"),
        pytest.param(gzip.compress(TEXT * 99)[:-20], "gzip is cut or damaged", id="cut gzip"),
        pytest.param(zipped({"a.csv": TEXT})[:-30], "zip is cut or damaged", id="cut zip"),
        pytest.param(zipped({}), "no file in the zip", id="empty zip"),
        pytest.param(b"7z\xbc\xaf\x27\x1c" + bytes(20), "a 7z archive", id="7z"),
        pytest.param(b"BZh9" + bytes(20), "a bzip2 archive", id="bzip2"),
    ],
)
def test_what_cannot_be_unpacked_says_why(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=message) as caught:
        contents(source(tmp_path, data))
    assert str(caught.value).startswith("run.csv: ")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.csv": TEXT}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadMeasurement, match="without a password"):
        contents(source(tmp_path, bytes(data)))


def test_one_member_can_be_taken_out_of_a_format_that_is_a_zip(tmp_path: Path) -> None:
    packed = source(tmp_path, zipped({"session.raw": b"1234", "metadata.json": b"{}"}), "run.ppk2")
    assert members(packed.path) == ("session.raw", "metadata.json")
    assert extract(packed, "session.raw", tmp_path).path.read_bytes() == b"1234"
    with pytest.raises(BadMeasurement, match=r"run.ppk2: there is no minimap.raw"):
        extract(packed, "minimap.raw", tmp_path)
    assert members(source(tmp_path, TEXT).path) == ()


def test_a_member_that_is_missing_is_not_the_one_taken_before(tmp_path: Path) -> None:
    packed = source(tmp_path, zipped({"metadata.json": b"{}"}), "run.ppk2")
    assert extract(packed, "metadata.json", tmp_path).path.read_bytes() == b"{}"
    with pytest.raises(BadMeasurement, match=r"there is no session.raw"):
        extract(packed, "session.raw", tmp_path)
