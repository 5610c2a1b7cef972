"""The deploy bundle: its bytes, its C sources as a compiler reads them, its smoke test as a person runs it."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.deployment.bundle import bundle, bundle_files
from nas_engine.deployment.c_array import c_array
from nas_engine.deployment.frontend.files import vector_files
from nas_engine.deployment.smoke_test import c_bytes
from nas_engine.streaming.loop import LoopSettings
from tests.nas_engine.deployment import made

STAND_INS = Path(__file__).with_name("stand_ins")
SDK_SOURCES = ["earshot/src/earshot_classifier.cc", "pc/scores.cc", "pc/listen.cc", "zephyr/src/main.cc"]


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


def test_thresholds_and_loop_are_those_chosen_or_defaults_and_said_to_be() -> None:
    without = bundle_files(made.contents())
    detected = {label for label in made.LABELS if label != "negative"}
    stated = json.loads(without["thresholds.json"])
    assert stated["thresholds"] == dict.fromkeys(stated["thresholds"], 0.5)
    assert set(stated["thresholds"]) == detected
    assert "Nobody has chosen" in stated["note"]
    assert "Nobody has chosen" in json.loads(without["loop.json"])["note"]
    assert "they are defaults.\nThe network runs every 1 s." in without["README.md"].decode()
    loop = LoopSettings(hop_s=0.5, needed=2, among=3, thresholds={"alarm": 0.7}, silent_classes=("negative", "water"))
    chosen = bundle_files(made.contents(loop=loop))
    assert json.loads(chosen["thresholds.json"])["thresholds"] == dict.fromkeys(detected - {"water"}, 0.5) | {
        "alarm": 0.7
    }
    written = json.loads(chosen["loop.json"])
    assert (written["hop_s"], written["needed"], written["among"]) == (0.5, 2, 3)
    assert "thresholds" not in written | json.loads(chosen["thresholds.json"])["thresholds"]
    assert "Nobody" not in chosen["README.md"].decode()
    assert "Never detected: water, negative." in chosen["README.md"].decode()


def test_the_arena_is_stated_measured_beside_its_estimate() -> None:
    contents = made.contents()
    assert contents.arena is not None
    stated = json.loads(bundle_files(contents)["arena.json"])
    assert stated["measured"]["arena_bytes"] == contents.arena.arena_bytes == 17_864
    assert stated["estimated_activation_bytes"] == 10_976
    assert stated["reserved_bytes"] == 18 * 1024
    assert "The measurement is of TensorFlow Lite Micro" in bundle_files(contents)["README.md"].decode()
    text = bundle_files(replace(contents, arena=None, arena_note="No interpreter here."))["README.md"].decode()
    assert "No interpreter here. Estimated from the architecture: 10,976 bytes" in text
    assert ", an estimate with room to spare.\nNothing was measured: where AllocateTensors fails" in text
    assert "The measurement is of" not in text


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


@pytest.mark.usefixtures("project_tools")
def test_the_project_for_a_computer_builds_passes_and_finds_the_network_aligned(folder: Path, tmp_path: Path) -> None:
    run("cmake", "-S", "pc", "-B", tmp_path, folder=folder)
    run("cmake", "--build", tmp_path, folder=folder)
    assert "100% tests passed, 0 tests failed out of 3" in run("ctest", "--test-dir", tmp_path, folder=folder)
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


@pytest.mark.usefixtures("project_tools")
def test_without_a_sdk_a_c_compiler_is_enough(folder: Path, tmp_path: Path) -> None:
    run("cmake", "-S", "pc", "-B", tmp_path, "-DCMAKE_CXX_COMPILER=/no/compiler/of/cpp", folder=folder)


@pytest.mark.usefixtures("project_tools")
def test_a_wrong_vector_fails_on_the_computer(folder: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(folder, tmp_path / "bundle"))
    header = copied / "test_vectors" / "test_vectors.h"
    text = header.read_text()
    first = re.search(r"features_0\[\d+\] = \{\s+(\S+)f,", text)
    assert first is not None
    header.write_text(text[: first.start(1)] + f"{float(first[1]) + 0.01:.8e}" + text[first.end(1) :])
    (copied / "network.tflite").write_bytes((copied / "network.tflite").read_bytes()[:-1] + b"!")
    run("cmake", "-S", "pc", "-B", tmp_path / "build", folder=copied)
    run("cmake", "--build", tmp_path / "build", folder=copied)
    said = run("ctest", "--test-dir", tmp_path / "build", "--output-on-failure", folder=copied, fails=True)
    assert "rows, expected" in said
    assert "holds other bytes than earshot_network.c" in said


def test_sounds_take_a_megabyte_at_most_and_their_inputs_are_scored(folder: Path) -> None:
    vectors = folder / "test_vectors"
    sounds = json.loads((vectors / "test_vectors.json").read_text())
    assert [sound["input"] for sound in sounds] == [6, 7]
    assert [sound["samples"] for sound in sounds] == [len(pcm) for pcm in made.sounds().values()]
    assert sum(path.stat().st_size for path in vectors.glob("test_*")) < 1_000_000
    assert "whoever has this bundle can listen to them" in (folder / "README.md").read_text()


@pytest.mark.usefixtures("project_tools")
def test_without_sounds_a_made_one_tests_the_front_end(tmp_path: Path) -> None:
    files = bundle_files(made.contents(sounds={}, vectors=None))
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert "A made sound" in files["README.md"].decode()
    assert json.loads(files["test_vectors/test_vectors.json"])[0]["input"] is None
    run("cmake", "-S", "pc", "-B", "build", folder=tmp_path)
    run("cmake", "--build", "build", "--target", "test_frontend", folder=tmp_path)
    assert "largest difference: 0.0000" in run(tmp_path / "build" / "test_frontend", folder=tmp_path)


@pytest.mark.usefixtures("project_tools")
@pytest.mark.parametrize("newer", [False, True], ids=["classes in tflite", "classes in tflite::micro"])
@pytest.mark.parametrize("fixed", [False, True], ids=["float32", "fixed point"])
@pytest.mark.parametrize("name", SDK_SOURCES)
def test_sources_for_a_sdk_are_sound_cpp(folder: Path, name: str, newer: bool, fixed: bool) -> None:
    """Against declarations alone: no source of TensorFlow Lite Micro can be installed as a package."""
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{STAND_INS}", "-Iearshot/src"]
    assert (folder / name).exists()
    flags += ["-DIN_MICRO"] * newer + ["-DEARSHOT_FIXED_POINT"] * fixed
    run("g++", *flags, name, folder=folder)


@pytest.mark.usefixtures("project_tools")
def test_the_sketch_is_sound_cpp(folder: Path) -> None:
    flags = ["-std=c++17", "-Wall", "-Werror", "-fsyntax-only", f"-I{STAND_INS}", "-Iearshot", "-x", "c++"]
    run("g++", *flags, "-include", STAND_INS / "arduino.h", "earshot/earshot.ino", folder=folder)


def test_layouts_are_those_that_the_tools_look_for(folder: Path) -> None:
    """Arduino: a sketch is named as its folder, and src/ below it is compiled. Zephyr: prj.conf beside CMakeLists."""
    assert (folder / "earshot" / "earshot.ino").exists()
    assert {"earshot_network.c", "earshot_classifier.cc"} <= {path.name for path in (folder / "earshot/src").iterdir()}
    assert "CONFIG_TENSORFLOW_LITE_MICRO=y" in (folder / "zephyr" / "prj.conf").read_text()
    assert "find_package(Zephyr" in (folder / "zephyr" / "CMakeLists.txt").read_text()
    options = (folder / "zephyr" / "Kconfig").read_text()
    assert "default y if CPU_HAS_FPU" in options
    assert "default y if !CPU_HAS_FPU" in options.split("config EARSHOT_FIXED_POINT")[1].split("\nconfig")[0]
    assert "if(CONFIG_EARSHOT_FIXED_POINT)" in (folder / "zephyr" / "CMakeLists.txt").read_text()


@pytest.mark.parametrize("runtime", ["tensorflow", "tflite_micro"])
def test_the_smoke_test_passes_here_and_fails_where_a_score_is_another(folder: Path, runtime: str) -> None:
    pytest.importorskip(runtime)
    said = run(sys.executable, "smoke_test.py", "--runtime", runtime, folder=folder)
    assert f"{runtime}: 8 test vectors, 0 of 72 scores differ" in said
    assert "frontend.py: 2 sounds, features within 0.0e+00 of a standard deviation." in said
    assert "PASSED" in said
    recorded = folder / "test_vectors" / ("scores_micro.npy" if runtime == "tflite_micro" else "scores_xnnpack.npy")
    kept = recorded.read_bytes()
    try:
        scores = np.load(recorded)
        scores[2, 3] ^= 1
        np.save(recorded, scores)
        said = run(sys.executable, "smoke_test.py", "--runtime", runtime, folder=folder, fails=True)
        assert "1 of 72 scores differ, by 1 steps" in said
        assert "FAILED" in said
        if runtime == made.QUICK_RUNTIME:
            assert "PASSED" in run(sys.executable, "smoke_test.py", "--runtime", runtime, "--steps", "1", folder=folder)
    finally:
        recorded.write_bytes(kept)


def test_the_smoke_test_fails_where_the_front_end_gives_other_features_or_inputs(folder: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(folder, tmp_path / "bundle"))
    command = (sys.executable, "smoke_test.py", "--runtime", made.QUICK_RUNTIME)
    recorded = copied / "test_vectors" / "features.npy"
    inputs = np.load(recorded)
    inputs[7, 100, 20] ^= 2
    np.save(recorded, inputs)
    assert "FAILED: frontend.py computes other" in run(*command, folder=copied, fails=True)
    shutil.copy(folder / "test_vectors" / "features.npy", recorded)
    page = json.loads((copied / "frontend.json").read_text())
    page["parameters"]["log_offset"] *= 1.1
    (copied / "frontend.json").write_text(json.dumps(page))
    assert "FAILED: frontend.py computes other" in run(*command, folder=copied, fails=True)


@pytest.mark.usefixtures("project_tools")
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


@pytest.mark.usefixtures("project_tools")
def test_names_of_sounds_are_sound_c_whatever_they_hold(tmp_path: Path) -> None:
    names = ("what??/", "bell \x07\x7f", "Türklingel \U0001f514")
    pcm = np.zeros(16_000, np.int16)
    header = vector_files(made.contents().frontend, dict.fromkeys(names, pcm))["test_vectors.h"]
    (tmp_path / "test_vectors.h").write_bytes(header)
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#include "test_vectors.h"\n'
        "int main(void) { for (int i = 0; i < 3; ++i) puts(earshot_test_vectors[i].name); return 0; }\n"
    )
    run("gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "main.c", "-o", "main", folder=tmp_path)
    assert run(tmp_path / "main", folder=tmp_path).split("\n")[:-1] == list(names)


def test_the_ring_of_the_sketch_holds_the_sound_of_a_hop() -> None:
    for hop_s, samples in ((1.0, 16_384), (0.02, 4_096), (1.28, 32_768)):
        header = bundle_files(made.contents(loop=LoopSettings(hop_s=hop_s)))["earshot/src/earshot_constants.h"].decode()
        assert f"#define EARSHOT_RING_SAMPLES {samples}\n" in header


def test_the_smoke_test_reads_labels_of_any_language_in_any_locale(folder: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(folder, tmp_path / "bundle"))
    labels = ("Türklingel", "line\u2028separator", *made.LABELS[2:])
    (copied / "labels.txt").write_bytes("".join(f"{label}\n" for label in labels).encode())
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "smoke_test.py", "--runtime", made.QUICK_RUNTIME]
    ran = subprocess.run(command, cwd=copied, env=os.environ | plain, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
