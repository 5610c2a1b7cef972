import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.audio.archive import LIMITS, extract_archive
from nas_engine.errors import BadDataset, TransientError


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_archive_is_unpacked_without_hidden_files(tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "a.zip",
        ("set/train/dog/1.wav", b"sound"),
        ("__MACOSX/set/train/dog/._1.wav", b"x"),
        ("set/.DS_Store", b"x"),
        ("set/train/dog/", b""),
        ("set\\eval\\dog\\2.wav", b"from Windows"),
    )
    assert extract_archive(archive, tmp_path / "out") == tmp_path / "out"
    assert files(tmp_path / "out") == {"set/train/dog/1.wav", "set/eval/dog/2.wav"}
    assert (tmp_path / "out/set/train/dog/1.wav").read_bytes() == b"sound"


@pytest.mark.parametrize("name", ["../evil.wav", "a/../../evil.wav", "/tmp/evil.wav", "C:\\evil.wav", "..\\evil.wav"])
def test_a_name_that_leads_outside_is_refused_and_nothing_stays(tmp_path: Path, name: str) -> None:
    archive = zipped(tmp_path / "a.zip", ("good.wav", b"x"), (name, b"x"))
    with pytest.raises(BadDataset, match="leads outside"):
        extract_archive(archive, tmp_path / "out")
    assert files(tmp_path) == {"a.zip"}


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("passwords.wav")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(BadDataset, match=r"the link 'passwords\.wav'"):
        extract_archive(zipped(tmp_path / "a.zip", (link, b"/etc/passwd")), tmp_path / "out")


def test_an_archive_that_unpacks_to_too_much_is_stopped_before_it_begins(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", *((f"{n}.wav", bytes(1_000_000)) for n in range(5)))
    assert archive.stat().st_size < 10_000
    with pytest.raises(BadDataset, match="unpacks to 5 MB; at most 3 MB: split it up, or unpack it yourself"):
        extract_archive(archive, tmp_path / "out", replace(LIMITS, expanded_bytes=3_000_000))
    assert not (tmp_path / "out").exists()


def test_an_archive_that_unpacks_to_more_than_sounds_do_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", *((f"{n}.wav", bytes(5_000_000)) for n in range(5)))
    with pytest.raises(BadDataset, match="unpacks to more than 50 times its size, as no set of sounds does"):
        extract_archive(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_sounds_in_front_of_digital_silence_are_unpacked(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(-99, 99, 16_000).astype("<i2").tobytes()
    archive = zipped(tmp_path / "a.zip", *((f"{n}.wav", noise + bytes(25 * len(noise))) for n in range(20)))
    assert len(files(extract_archive(archive, tmp_path / "out"))) == 20


def test_an_archive_for_which_the_disk_has_no_room_can_be_tried_again(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("1.wav", b"sound"))
    with pytest.raises(TransientError, match=r"not enough room to unpack .* stay so for the database"):
        extract_archive(archive, tmp_path / "out", replace(LIMITS, spare_bytes=1 << 60))
    assert not (tmp_path / "out").exists()


def test_an_archive_that_lies_about_its_size_cannot_write_more_than_it_says(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("1.wav", bytes(50_000_000)))
    content = archive.read_bytes()
    (tmp_path / "lie.zip").write_bytes(content.replace((50_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(BadDataset):
        extract_archive(tmp_path / "lie.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", *((f"{n}.wav", b"") for n in range(11)))
    with pytest.raises(BadDataset, match="11 files in the zip; at most 10"):
        extract_archive(archive, tmp_path / "out", replace(LIMITS, members=10))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_an_archive_cut_short_says_so(tmp_path: Path, share: float) -> None:
    archive = zipped(tmp_path / "a.zip", ("1.wav", bytes(range(256)) * 100))
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadDataset, match=r"the zip is cut or damaged .*; copy it again"):
        extract_archive(archive, tmp_path / "out")


def test_a_damaged_file_inside_is_noticed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("1.wav", b"sound" * 100)
    content = (tmp_path / "a.zip").read_bytes().replace(b"soundsound", b"soundSOUND", 1)
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(BadDataset, match=r"the zip is cut or damaged .*; copy it again"):
        extract_archive(tmp_path / "a.zip", tmp_path / "out")


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", ("1.wav", b"x"))
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # the flag in the file's own header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    archive.write_bytes(content)
    with pytest.raises(BadDataset, match="without a password"):
        extract_archive(archive, tmp_path / "out")


def test_a_folder_that_was_there_before_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").touch()
    with pytest.raises(BadDataset):
        extract_archive(zipped(tmp_path / "a.zip", ("../x", b"")), tmp_path / "out")
    assert files(tmp_path / "out") == {"mine.txt"}
