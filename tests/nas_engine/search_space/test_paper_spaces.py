import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.baselines import mobilenet_v2, nas_bayesian
from nas_engine.cost import cost
from nas_engine.energy.estimators.published_figures import quantized_parameters, table_1
from nas_engine.layers import expand
from nas_engine.search_space.paper_spaces import NAMES, PAPER_2D, Position, SearchSpace, by_name, paper_1d, paper_2d
from nas_engine.search_space.spec import PositionSpec, SpaceSpec
from nas_engine.testing.spaces import tiny_2d
from tests.nas_engine.sampling import architectures, samples

OPTIONS_2D = (9, 9, 27, 28, 27, 10, 10, 10, 10, 12, 10, 13)


def edited_2d() -> SearchSpace:
    """The paper's space after a person was at it: fewer blocks, other strides, an expansion, an option left out."""
    first, *_ = PAPER_2D.positions
    fifth = PositionSpec(("mobilenet_v1", "mobilenet_v2", "tc_resnet"), (3, 4), (16, 20), (2, 2), (1, 4))
    positions = (replace(first, excluded=("kxk-3-8",)), fifth, PAPER_2D.positions[11])
    return SpaceSpec("edited", Stem(98, 20), positions, Head(4, hidden_units=None)).search_space()


SPACES = [paper_2d(), paper_1d(), edited_2d()]
ONE_OF_EACH = pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)


def test_paper_2d_has_the_options_of_its_specification() -> None:
    space = paper_2d()
    assert tuple(len(position.options) for position in space.positions) == OPTIONS_2D
    assert space.cardinality == math.prod(OPTIONS_2D)


def test_every_block_has_nine_to_thirty_options_and_filters_in_multiples_of_8() -> None:
    """Sections 3 and 3.5 of the paper."""
    for position in paper_2d().positions:
        assert 9 <= len(position.options) <= 30
        filters = {block.filters for block in position.options if block.kind != "identity"}
        assert len(filters) == 3
        assert all(value % 8 == 0 for value in filters)


def test_kernel_sizes_vary_in_the_first_five_blocks_alone() -> None:
    """Section 3.4 of the paper."""
    kernels = [{b.kernel_size for b in p.options if b.kind != "identity"} for p in paper_2d().positions]
    assert kernels == [{3, 4, 5}] * 5 + [{3}] * 7


def test_strides_are_those_of_table_2() -> None:
    strides = [position.strides for position in paper_2d().positions]
    assert strides == [block.strides for block in nas_bayesian().blocks]
    assert sum(stride != (1, 1) for stride in strides) == 5


def test_the_network_of_table_2_is_inside() -> None:
    space = paper_2d()
    assert space.contains(nas_bayesian())
    assert space.decode(space.encode(nas_bayesian())) == nas_bayesian()


@pytest.mark.parametrize("name", NAMES)
def test_identity_and_avg_pool_stand_only_where_the_strides_allow_them(name: str) -> None:
    for position in by_name(name).positions:
        kinds = {block.kind for block in position.options}
        assert ("identity" in kinds) <= (position.strides == (1, 1))
        assert ("mobilenet_v2_avg_pool" in kinds) <= (position.strides != (1, 1))


@ONE_OF_EACH
def test_every_option_is_reached_by_sampling(space: SearchSpace) -> None:
    drawn = np.array([space.encode(architecture) for architecture in samples(space, 3000)])
    for column, position in zip(drawn.T, space.positions, strict=True):
        counts = np.bincount(column, minlength=len(position.options))
        expected = len(drawn) / len(position.options)
        # Six standard deviations of a binomial count; the seed is fixed.
        assert np.all(np.abs(counts - expected) < 6 * np.sqrt(expected))


@ONE_OF_EACH
def test_every_option_is_reached_by_decoding_and_through_neighbours(space: SearchSpace) -> None:
    """From option 0 everywhere one exchange reaches every other option, and from there nothing is further away."""
    start = space.decode([0] * len(space.positions))
    reached = {start, *space.neighbours(start)}
    assert len(reached) == 1 + sum(len(position.options) - 1 for position in space.positions)
    for number, position in enumerate(space.positions):
        assert {architecture.blocks[number] for architecture in reached} == set(position.options)
        for index, block in enumerate(position.options):
            indices = [0] * len(space.positions)
            indices[number] = index
            architecture = space.decode(indices)
            assert architecture.blocks[number] == block
            assert list(space.encode(architecture)) == indices
            assert architecture in reached


@ONE_OF_EACH
def test_the_cardinality_is_the_product_of_the_options(space: SearchSpace) -> None:
    assert space.cardinality == math.prod(len(position.options) for position in space.positions)


def test_the_options_of_an_edited_space_are_its_own() -> None:
    assert [len(position.options) for position in edited_2d().positions] == [8, 16, 13]


@settings(max_examples=30)
@given(st.data())
def test_encode_decode_and_neighbours_are_exact_in_every_space(data: st.DataObject) -> None:
    space = data.draw(st.sampled_from(SPACES))
    architecture = data.draw(architectures(space))
    assert space.decode(space.encode(architecture)) == architecture
    exchanged = list(space.neighbours(architecture))
    assert len(set(exchanged)) == sum(len(position.options) - 1 for position in space.positions)
    for other in exchanged[:: len(space.positions)]:
        assert sum(a != b for a, b in zip(space.encode(other), space.encode(architecture), strict=True)) == 1
        assert architecture in set(space.neighbours(other))


def test_sampling_is_decided_by_the_generator() -> None:
    assert samples(paper_2d(), 20, seed=1) == samples(paper_2d(), 20, seed=1)
    assert samples(paper_2d(), 20, seed=1) != samples(paper_2d(), 20, seed=2)


@given(architectures(paper_2d()))
def test_encode_and_decode_are_inverse(architecture: Architecture) -> None:
    space = paper_2d()
    assert space.contains(architecture)
    assert space.decode(space.encode(architecture)) == architecture


@given(architectures(paper_2d()))
def test_neighbours_are_all_the_networks_that_differ_in_one_block(architecture: Architecture) -> None:
    space = paper_2d()
    neighbours = list(space.neighbours(architecture))
    assert len(set(neighbours)) == len(neighbours) == sum(count - 1 for count in OPTIONS_2D)
    for neighbour in neighbours:
        assert space.contains(neighbour)
        assert sum(a != b for a, b in zip(neighbour.blocks, architecture.blocks, strict=True)) == 1


def test_the_tiny_space_is_walked_completely_through_neighbours() -> None:
    space = tiny_2d()
    found = {space.decode([0] * len(space.positions))}
    while True:
        grown = found | {neighbour for architecture in found for neighbour in space.neighbours(architecture)}
        if grown == found:
            break
        found = grown
    assert len(found) == space.cardinality == 18


def test_paper_1d_can_reach_the_published_1d_network() -> None:
    """Table 1: 6.43M FLOPs with 37.23k parameters; which network that is, was not published."""
    published = table_1("1D-NAS-Bayesian")
    alike = [
        architecture
        for architecture in samples(paper_1d(), 3000)
        if cost(architecture).flops == pytest.approx(published.flops, rel=0.02)
        and quantized_parameters(architecture) == pytest.approx(published.quantized_parameters, rel=0.02)
    ]
    assert len(alike) > 5


def test_every_network_of_paper_1d_keeps_a_width_of_one_and_ends_at_25_time_steps() -> None:
    for architecture in samples(paper_1d(), 50):
        assert {block.output.shape[1] for block in expand(architecture)[:-1]} == {1}
        assert expand(architecture)[-2].output.shape[0] == 25


@pytest.mark.parametrize(
    "stranger",
    [
        mobilenet_v2(),
        Architecture(Stem(frames=98), nas_bayesian().blocks, Head()),
        Architecture(Stem(), nas_bayesian().blocks, Head(classes=5)),
        Architecture(Stem(), nas_bayesian().blocks[:-1], Head()),
        Architecture(Stem(), (*nas_bayesian().blocks[:-1], Block("mobilenet_v1", 3, 128)), Head()),
    ],
    ids=["other network", "other stem", "other head", "block missing", "other filters"],
)
def test_what_is_not_in_the_space_cannot_be_encoded(stranger: Architecture) -> None:
    space = paper_2d()
    assert not space.contains(stranger)
    with pytest.raises(ValueError, match="not in the search space paper_2d"):
        space.encode(stranger)
    with pytest.raises(ValueError, match="not in the search space paper_2d"):
        next(space.neighbours(stranger))


def test_bad_indices_are_refused() -> None:
    with pytest.raises(ValueError, match="3 positions, not 2"):
        tiny_2d().decode((0, 0))
    with pytest.raises(ValueError, match="position 1 of tiny_2d has no option 2"):
        tiny_2d().decode((2, 0, 0))
    with pytest.raises(ValueError, match="position 3 of tiny_2d has no option -1"):
        tiny_2d().decode((0, 0, -1))


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_unique_and_name_each_option(name: str) -> None:
    space = by_name(name)
    for number, position in enumerate(space.positions):
        labels = space.labels(number)
        assert len(set(labels)) == len(labels) == len(position.options)
    assert "mobilenet_v1-3-32" in paper_2d().labels(3)
    assert "identity" in paper_2d().labels(3)


@pytest.mark.parametrize("name", NAMES)
def test_a_space_survives_the_json_round_trip(name: str) -> None:
    space = by_name(name, classes=4)
    assert SearchSpace.from_json(json.loads(json.dumps(space.to_json()))) == space


def test_bad_space_json_is_refused_naming_the_place() -> None:
    data = tiny_2d().to_json()
    data["positions"][1]["options"][0]["kind"] = "resnet"
    with pytest.raises(ValueError, match=r"positions\[1\].options\[0\]: block.kind"):
        SearchSpace.from_json(data)


def test_an_option_with_foreign_strides_is_refused() -> None:
    with pytest.raises(ValueError, match="its position has"):
        Position((2, 2), (Block("mobilenet_v1", 3, 8),))


def test_an_option_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="differ from each other"):
        Position((1, 1), (Block("mobilenet_v1", 3, 8), Block("mobilenet_v1", 3, 8)))


def test_spaces_are_found_by_name_with_any_number_of_classes() -> None:
    assert by_name("paper_2d", classes=5).head.classes == 5
    with pytest.raises(ValueError, match="paper_2d"):
        by_name("paper_3d")
