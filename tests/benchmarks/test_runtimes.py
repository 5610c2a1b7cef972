"""Where the differences between runtimes come from, operator by operator."""

import numpy as np
import pytest

from benchmarks.runtimes import by_operator
from nas_engine.network import tflite
from nas_engine.network.untrained import untrained_model
from tests.nas_engine.network.networks import BLOCKS, small_network

NETWORK = small_network(tuple(block for kind in ("kxk", "mobilenet_v2, residual") for block in BLOCKS[kind]))


def shares(*, rounding_safe: bool) -> dict[str, dict[str, float]]:
    x = np.random.default_rng(0).normal(0, 1, (10, 16, 8)).astype(np.float32)
    return by_operator(tflite.convert(untrained_model(NETWORK, rounding_safe=rounding_safe)), x)


@pytest.mark.parametrize("rounding_safe", [True, False])
def test_operators_alone_differ_in_xnnpack_only_where_scales_are_as_measured(rounding_safe: bool) -> None:
    found = shares(rounding_safe=rounding_safe)
    assert {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MEAN", "ADD", "SOFTMAX"} <= set(found)
    assert {by_runtime["reference"] for by_runtime in found.values()} == {0.0}
    differing = {kind for kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "ADD") if found[kind]["xnnpack"]}
    if rounding_safe:
        assert differing == set()
    else:
        assert "CONV_2D" in differing
