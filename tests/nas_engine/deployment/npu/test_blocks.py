"""Vela's operators as blocks: of real compilations, with branches, fallbacks and operators that were split."""

import pytest

from nas_engine.architecture import Architecture
from nas_engine.baselines import nas_bayesian, tc_resnet8
from nas_engine.deployment.npu.blocks import by_block
from nas_engine.deployment.vela import estimate, network_macs
from nas_engine.files.time_axis import time_along_width
from nas_engine.layers import expand
from nas_engine.network.untrained import untrained_files
from tests.nas_engine.deployment import made
from tests.nas_engine.deployment.test_vela import one_dimensional


@pytest.mark.parametrize("accelerator", ["ethos-u55-128", "ethos-u85-256"])
@pytest.mark.parametrize(
    ("name", "network"), [("table 2", nas_bayesian()), ("TC-ResNet8", tc_resnet8())], ids=["table 2", "TC-ResNet8"]
)
def test_blocks_add_up_to_the_network(name: str, network: Architecture, accelerator: str) -> None:
    found = estimate(made.network(name), accelerator).to_json()
    blocks = by_block(network, found["operators"])
    assert [block.name for block in blocks] == [block.name for block in expand(network)]
    assert sum(block.cycles for block in blocks) == found["cycles"]
    assert sum(block.macs for block in blocks) == network_macs(network)
    identities = {block.name for block in expand(network) if not block.layers}
    assert all((block.cycles == 0) == (block.name in identities) for block in blocks)


def test_a_fallback_is_its_blocks() -> None:
    network = one_dimensional(9, 4)
    found = estimate(time_along_width(untrained_files(network)[1]), "ethos-u55-128").to_json()
    first, *others = by_block(network, found["operators"])
    assert (first.name, first.cycles, first.fallbacks) == ("b1", 0, ("Conv2D",))
    assert first.macs > 0
    assert not [block for block in others if block.fallbacks]


def test_operators_of_another_network_are_nobodys_blocks() -> None:
    operators = estimate(made.network("TC-ResNet8"), "ethos-u55-128").to_json()["operators"]
    assert by_block(nas_bayesian(), operators) is None
    assert by_block(tc_resnet8(), operators[:-1]) is None
    assert by_block(tc_resnet8(), [*operators, operators[-1]]) is None
