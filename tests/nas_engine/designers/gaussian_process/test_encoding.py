import numpy as np
import pytest

from nas_engine.architecture import Architecture
from nas_engine.designers.gaussian_process.encoding import Encoder
from nas_engine.search_space import architecture_features
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.spaces import single_2d, small_2d


def drawn(count: int) -> list[Architecture]:
    rng = np.random.default_rng(3)
    return [paper_2d().sample(rng) for _ in range(count)]


def test_numbers_are_about_0_and_1_in_mean_and_deviation():
    inputs = Encoder(paper_2d(), None).architectures(drawn(300))
    assert inputs.numbers.shape == (300, len(architecture_features.NAMES))
    varies = np.ptp(inputs.numbers, axis=0) > 0
    assert varies.sum() > 10
    assert np.abs(inputs.numbers.mean(axis=0)).max() < 0.4
    assert inputs.numbers.std(axis=0)[varies] == pytest.approx(1.0, abs=0.3)


def test_points_are_those_of_the_space_and_penalties_those_that_were_given():
    architectures = drawn(4)
    penalties = {architecture.hash: 0.01 * i for i, architecture in enumerate(architectures)}
    encoder = Encoder(paper_2d(), lambda architecture: penalties[architecture.hash])
    inputs = encoder.architectures(architectures)
    assert inputs.points.tolist() == [list(paper_2d().encode(architecture)) for architecture in architectures]
    assert inputs.penalties.tolist() == [0.0, 0.01, 0.02, 0.03]
    last = inputs[np.array([3])]
    assert last.concatenated(inputs[np.array([0])]).penalties.tolist() == [0.03, 0.0]
    np.testing.assert_array_equal(encoder(last.points).numbers, inputs.numbers[3:])


def test_an_architecture_is_described_once():
    asked: list[Architecture] = []
    encoder = Encoder(small_2d(), lambda architecture: float(asked.append(architecture) or 0.0))
    points = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 2]], dtype=np.int32)
    encoder(points)
    encoder(points)
    assert len(asked) == 2


def test_rows_of_networks_are_equal_where_the_networks_are():
    space = paper_2d()
    architectures = drawn(40)
    for architecture in drawn(40):  # an identity put in at each place where there may be one
        for number, position in enumerate(space.positions):
            identities = [option for option in position.options if option.kind == "identity"]
            blocks = architecture.blocks
            architectures += [
                Architecture(space.stem, (*blocks[:number], identity, *blocks[number + 1 :]), space.head)
                for identity in identities
            ]
    keys = Encoder(space, None).architectures(architectures).keys
    by_key = dict(zip(keys, architectures, strict=True))
    assert len(by_key) == len({architecture.network_hash for architecture in architectures}) < len(architectures)
    assert all(by_key[k].network_hash == a.network_hash for k, a in zip(keys, architectures, strict=True))


def test_nothing_is_an_input_too():
    inputs = Encoder(small_2d(), None).architectures([])
    assert (len(inputs), inputs.points.shape, inputs.numbers.shape) == (
        0,
        (0, 4),
        (0, len(architecture_features.NAMES)),
    )


def test_a_space_without_a_choice_has_numbers_of_0():
    space = single_2d()
    alone = np.zeros((1, len(space.positions)), dtype=np.int32)
    assert Encoder(space, None)(alone).numbers == pytest.approx(0.0, abs=1e-9)
