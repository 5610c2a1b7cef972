import numpy as np

from nas_engine.designers.new_architectures import new_anywhere, new_neighbour
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.spaces import everything, tiny_2d


def test_the_one_architecture_left_is_found_wherever_the_count_begins():
    space = tiny_2d()
    every = list(everything(space))
    for left in every:
        taken = {architecture.network_hash for architecture in every} - {left.network_hash}
        assert new_anywhere(space, taken, np.random.default_rng(0)) == left


def test_nothing_is_found_where_nothing_is_left():
    space = tiny_2d()
    every = {architecture.network_hash for architecture in everything(space)}
    assert new_anywhere(space, every, np.random.default_rng(0)) is None
    assert new_neighbour(space, next(everything(space)), every, np.random.default_rng(0)) is None


def test_neighbours_differ_in_one_block_and_vary():
    space = paper_2d()
    architecture = space.sample(np.random.default_rng(0))
    found = {new_neighbour(space, architecture, set(), np.random.default_rng(seed)) for seed in range(20)}
    assert len(found) > 10
    for neighbour in found:
        assert sum(a != b for a, b in zip(neighbour.blocks, architecture.blocks, strict=True)) == 1
