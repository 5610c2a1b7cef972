"""A 1-D network with time along the width: the same outputs in every runtime, fewer cycles on every Ethos-U."""

import struct
from functools import lru_cache

import numpy as np
import pytest

from nas_engine.baselines import nas_bayesian, tc_resnet8
from nas_engine.deployment.vela import estimate
from nas_engine.files.flatbuffer import FlatTable
from nas_engine.files.tflite_tensors import input_and_output, stored_tensors
from nas_engine.files.time_axis import has_time_along_height, time_along_width
from nas_engine.network import runtimes
from nas_engine.network.untrained import untrained_files
from nas_engine.search_space.paper_spaces import paper_1d

NETWORKS = {"TC-ResNet8": tc_resnet8(), "drawn": paper_1d().sample(np.random.default_rng(1))}


@lru_cache
def files(name: str) -> tuple[bytes, bytes]:
    return untrained_files(NETWORKS[name])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_turned_network_answers_as_before_in_every_runtime(name: str) -> None:
    x = np.random.default_rng(0).normal(size=(12, *NETWORKS[name].stem.input_shape)).astype(np.float32)
    for content in files(name):
        turned = time_along_width(content)
        assert len(turned) == len(content)
        assert turned != content
        for runtime in ("xnnpack", "reference", "micro"):
            expected = runtimes.predict(runtime, content, x)
            assert len(np.unique(expected, axis=0)) > 1
            np.testing.assert_array_equal(runtimes.predict(runtime, turned, x), expected)


def test_shapes_turn_and_values_stay() -> None:
    content = files("drawn")[1]
    turned = time_along_width(content)
    assert input_and_output(turned)[0].shape == (1, 1, 196, 40)
    for before, after in zip(stored_tensors(content), stored_tensors(turned), strict=True):
        np.testing.assert_array_equal(before.values, after.values)
        if len(before.shape) == 4:
            first, height, width, last = before.shape
            assert after.shape == (first, width, height, last)
    assert not has_time_along_height(turned)
    assert time_along_width(turned) == turned


@pytest.mark.parametrize("accelerator", ["ethos-u55-128", "ethos-u55-256", "ethos-u65-256", "ethos-u85-256"])
def test_a_turned_network_takes_fewer_cycles(accelerator: str) -> None:
    content = files("drawn")[1]
    before, after = (estimate(network, accelerator) for network in (content, time_along_width(content)))
    assert after.cycles < 0.95 * before.cycles
    assert not after.fallbacks


def test_a_network_over_time_and_frequency_and_what_is_no_network_stay_as_they_are() -> None:
    content = untrained_files(nas_bayesian())[1]
    for other in (content, b"no network", b"", b"\x1c\x00\x00\x00TFL3\x00\x00"):
        assert not has_time_along_height(other)
        assert time_along_width(other) == other


def test_a_network_with_an_operator_of_unknown_axes_stays_as_it_is() -> None:
    content = bytearray(files("drawn")[1])
    model = FlatTable(bytes(content), struct.unpack_from("<I", content, 0)[0])
    mean = next(
        table for table in (FlatTable(bytes(content), at) for at in model.vector(1)) if table.scalar(3, "i") == 40
    )
    struct.pack_into("<i", content, mean.field(3), 22)  # a reshape, whose options name a shape
    struct.pack_into("<b", content, mean.field(0), 22)
    assert time_along_width(bytes(content)) == bytes(content)
