"""The deploy bundle: its bytes, its C sources as a compiler reads them, its smoke test as a person runs it."""

import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.deployment.bundle import bundle, bundle_files
from nas_engine.deployment.c_array import c_array
from nas_engine.deployment.contents import LoopSettings
from nas_engine.deployment.smoke_test import c_bytes
from tests.nas_engine.deployment import made

STAND_INS = Path(__file__).with_name("stand_ins")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked bundle of TC-ResNet8."""
    where = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(io.BytesIO(bundle(made.contents(), "watch"))) as archive:
        archive.extractall(where)
    return where / "watch"


def run(*command: object, folder: Path, fails: bool = False) -> str:
    ran = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    assert (ran.returncode != 0) == fails, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def test_the_same_contents_are_the_same_bytes_whenever_they_are_packed() -> None:
    contents = made.contents()
    assert bundle(contents, "watch") == bundle(contents, "watch")
    with zipfile.ZipFile(io.BytesIO(bundle(contents, "watch"))) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
        assert archive.testzip() is None


def test_files_given_from_elsewhere_are_packed_and_never_replace_one() -> None:
    given = {"earshot/src/frontend.c": b"int one(void) { return 1; }\n"}
    files = bundle_files(made.contents(files=given))
    assert files["earshot/src/frontend.c"] == given["earshot/src/frontend.c"]
    with pytest.raises(ValueError, match=r"are called README.md"):
        bundle_files(made.contents(files={"README.md": b""}))


def test_thresholds_and_loop_are_written_or_said_to_be_missing() -> None:
    without = bundle_files(made.contents())
    assert json.loads(without["thresholds.json"])["thresholds"] is None
    assert "Nobody has chosen" in json.loads(without["thresholds.json"])["note"]
    assert "Nobody has chosen" in json.loads(without["loop.json"])["note"]
    loop = LoopSettings(hop_s=0.5, needed=2, of_last=3)
    chosen = bundle_files(made.contents(thresholds={"alarm": 0.7}, loop=loop))
    assert json.loads(chosen["thresholds.json"]) == {"thresholds": {"alarm": 0.7}}
    assert LoopSettings(**json.loads(chosen["loop.json"])) == loop


def test_the_arena_is_stated_measured_beside_its_estimate() -> None:
    contents = made.contents()
    assert contents.arena is not None
    stated = json.loads(bundle_files(contents)["arena.json"])
    assert stated["measured"]["arena_bytes"] == contents.arena.arena_bytes == 17_864
    assert stated["estimated_activation_bytes"] == 10_976
    assert stated["reserved_bytes"] == 18 * 1024
    text = bundle_files(replace(contents, arena=None, arena_note="No interpreter here."))["README.md"].decode()
    assert "No interpreter here. Estimated from the architecture: 10,976 bytes" in text


def test_the_readme_names_the_operators_and_only_files_that_exist(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    assert "MicroMutableOpResolver<5>" in text
    for cell in re.findall(r"^\| ([\w.,/ ]+) \|", text, re.MULTILINE)[1:]:
        for name in cell.split(", "):
            assert name.startswith("other") or (folder / name.strip()).exists(), name


def test_the_c_array_is_the_network_byte_for_byte() -> None:
    content = bytes(range(256)) * 3 + b"\x7f"
    source, header = c_array(content)
    assert c_bytes(source) == content
    assert "extern const unsigned char earshot_network[];" in header
    with pytest.raises(ValueError, match="no bytes"):
        c_array(b"")


def test_the_project_for_a_computer_builds_and_finds_the_network_aligned(folder: Path, tmp_path: Path) -> None:
    run("cmake", "-S", "pc", "-B", tmp_path, folder=folder)
    run("cmake", "--build", tmp_path, folder=folder)
    value = 2166136261
    for byte in (folder / "network.tflite").read_bytes():
        value = (value ^ byte) * 16777619 % 2**32
    size = (folder / "network.tflite").stat().st_size
    expected = f"{size} bytes, FNV-1a {value:08x}, address modulo 16: 0, 9 classes, the last is negative\n"
    assert run(tmp_path / "earshot_check", folder=folder) == expected
    refused = run(
        "cmake", "-S", "pc", "-B", tmp_path / "sdk", f"-DTFLITE_MICRO_DIR={tmp_path}", folder=folder, fails=True
    )
    assert "There is no libtensorflow-microlite.a" in refused


@pytest.mark.parametrize("newer", [False, True], ids=["classes in tflite", "classes in tflite::micro"])
@pytest.mark.parametrize("name", ["earshot/src/earshot_classifier.cc", "pc/main.cc", "zephyr/src/main.cc"])
def test_sources_for_a_sdk_are_sound_cpp(folder: Path, name: str, newer: bool) -> None:
    """Against declarations alone: no source of TensorFlow Lite Micro can be installed as a package."""
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{STAND_INS}", "-Iearshot/src"]
    run("g++", *flags, *(["-DIN_MICRO"] if newer else []), name, folder=folder)


def test_the_sketch_is_sound_cpp(folder: Path) -> None:
    flags = ["-std=c++17", "-Wall", "-Werror", "-fsyntax-only", f"-I{STAND_INS}", "-Iearshot", "-x", "c++"]
    run("g++", *flags, "-include", STAND_INS / "arduino.h", "earshot/earshot.ino", folder=folder)


def test_layouts_are_those_that_the_tools_look_for(folder: Path) -> None:
    """Arduino: a sketch is named as its folder, and src/ below it is compiled. Zephyr: prj.conf beside CMakeLists."""
    assert (folder / "earshot" / "earshot.ino").exists()
    assert {"earshot_network.c", "earshot_classifier.cc"} <= {path.name for path in (folder / "earshot/src").iterdir()}
    assert "CONFIG_TENSORFLOW_LITE_MICRO=y" in (folder / "zephyr" / "prj.conf").read_text()
    assert "find_package(Zephyr" in (folder / "zephyr" / "CMakeLists.txt").read_text()


@pytest.mark.parametrize("runtime", ["tensorflow", "tflite_micro"])
def test_the_smoke_test_passes_here_and_fails_where_a_score_is_another(folder: Path, runtime: str) -> None:
    pytest.importorskip(runtime)
    said = run(sys.executable, "smoke_test.py", "--runtime", runtime, folder=folder)
    assert f"{runtime}: 6 test vectors, 0 of 54 scores differ" in said
    assert "PASSED" in said
    recorded = folder / "test_vectors" / ("scores_micro.npy" if runtime == "tflite_micro" else "scores_xnnpack.npy")
    kept = recorded.read_bytes()
    try:
        scores = np.load(recorded)
        scores[2, 3] ^= 1
        np.save(recorded, scores)
        said = run(sys.executable, "smoke_test.py", "--runtime", runtime, folder=folder, fails=True)
        assert "1 of 54 scores differ, by 1 steps" in said
        assert "FAILED" in said
        assert "PASSED" in run(sys.executable, "smoke_test.py", "--runtime", runtime, "--steps", "1", folder=folder)
    finally:
        recorded.write_bytes(kept)


def test_labels_in_any_language_are_sound_c(tmp_path: Path) -> None:
    labels = ('say "no"?', "Türklingel", "a\\b", *made.LABELS[3:])
    header = bundle_files(made.contents(labels=labels))["earshot/src/earshot_constants.h"]
    (tmp_path / "earshot_constants.h").write_bytes(header)
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#include "earshot_constants.h"\n'
        "int main(void) { for (int i = 0; i < 3; ++i) puts(earshot_labels[i]); return 0; }\n"
    )
    run("gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "main.c", "-o", "main", folder=tmp_path)
    assert run(tmp_path / "main", folder=tmp_path).splitlines() == list(labels[:3])
