"""The estimates of both .tflite files against real files."""

from collections.abc import Callable

import pytest

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.energy.estimators.published_figures import table_1
from nas_engine.network.untrained import untrained_files
from nas_engine.paper.tables import NETWORKS
from nas_engine.search_space.paper_spaces import SearchSpace, paper_1d, paper_2d
from tests.nas_engine.network.networks import BLOCKS, small_network
from tests.nas_engine.sampling import samples


def assert_estimated(architecture: Architecture, tolerance: float) -> bytes:
    """Both estimates are within `tolerance` (relative) of the files of an untrained network; returns the plain one."""
    plain, packed = untrained_files(architecture)
    estimated = cost(architecture)
    assert estimated.plain_flash_bytes_estimate == pytest.approx(len(plain), rel=tolerance)
    assert estimated.flash_bytes_estimate == pytest.approx(len(packed), rel=tolerance)
    return plain


@pytest.mark.parametrize("kind", BLOCKS)
def test_files_of_a_few_kilobytes_with_any_kind_of_block_are_met_within_two_percent(kind: str) -> None:
    assert_estimated(small_network(BLOCKS[kind]), tolerance=0.02)


@pytest.mark.parametrize("space", [paper_2d, paper_1d])
def test_files_of_random_networks_are_met_within_half_a_percent(space: Callable[[], SearchSpace]) -> None:
    for architecture in samples(space(), 2, seed=3):
        assert_estimated(architecture, tolerance=0.005)


@pytest.mark.parametrize("model", NETWORKS)
def test_files_of_the_published_networks_are_met_within_half_a_percent_and_have_the_published_size(model: str) -> None:
    """Same layers, another converter: ours is of 2026, the paper's of 2021."""
    plain = assert_estimated(NETWORKS[model], tolerance=0.005)
    assert len(plain) == pytest.approx(table_1(model).flash_bytes, rel=0.03)
