"""The measured arena is the smallest: with one byte less TensorFlow Lite Micro does not start."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nas_engine.cost import cost
from nas_engine.deployment.arena import arena_to_reserve, measure_arena, weight_channels
from nas_engine.errors import EarshotError
from tests.nas_engine.deployment import made

micro = pytest.importorskip("tflite_micro", reason="TensorFlow Lite Micro is published for Linux on x86-64 alone")

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results" / "arena.json"


@pytest.mark.parametrize("name", made.NETWORKS)
def test_a_byte_less_is_too_little_and_the_parts_add_up(name: str) -> None:
    content = made.network(name)
    measured = measure_arena(content)
    assert measured.head_bytes + measured.tail_bytes == measured.arena_bytes
    assert measured.head_bytes >= cost(made.NETWORKS[name]).peak_activation_bytes
    assert micro.runtime.Interpreter.from_bytes(content, arena_size=measured.arena_bytes)
    with pytest.raises(RuntimeError):
        micro.runtime.Interpreter.from_bytes(content, arena_size=measured.arena_bytes - 1)


def test_the_estimate_is_what_is_planned_for_the_activations_of_table_2() -> None:
    measured = measure_arena(made.network("table 2"))
    assert measured.head_bytes == cost(made.NETWORKS["table 2"]).peak_activation_bytes == 141_120


@pytest.mark.parametrize("content", [b"", b"no network", b"\0\0\0\0TFL3", "cut"])
def test_what_is_no_network_is_refused_in_a_sentence(content: bytes | str) -> None:
    given = made.network()[:3000] if isinstance(content, str) else content
    with pytest.raises(EarshotError, match=r"These bytes are not a|file is cut or damaged|The .tflite file lacks"):
        measure_arena(given)


def test_without_a_measurement_enough_is_reserved_for_every_measured_network() -> None:
    for name, row in json.loads(RESULTS.read_text())["networks"].items():
        reserved = arena_to_reserve(row["estimate_bytes"], row["operators"], row["channels"])
        assert row["arena_bytes"] <= reserved <= 1.5 * row["arena_bytes"], name


def test_what_a_bundle_reserves_unmeasured_is_enough_for_its_network() -> None:
    contents = made.contents()
    assert contents.arena is not None
    assert replace(contents, arena=None).reserved_arena_bytes >= contents.arena.arena_bytes
    row = json.loads(RESULTS.read_text())["networks"]["TCResNet8-1.0"]
    assert weight_channels(contents.network) == row["channels"]


def test_an_interpreter_that_does_not_load_is_told_from_a_network_that_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tflite_micro.py").write_text("raise ImportError('libstdc++.so.6 is too old')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(EarshotError, match=r"installed but does not load: libstdc\+\+.so.6 is too old"):
        measure_arena(made.network())
