"""Every byte of a .tflite file has a purpose, and packing spares those that carry nothing."""

import pytest

from nas_engine.baselines import nas_bayesian
from nas_engine.cost import cost
from nas_engine.network.tflite import interpreter_of
from nas_engine.network.untrained import untrained_files
from nas_engine.testing.file_bytes import CATEGORIES, bytes_by_category


@pytest.fixture(scope="module")
def files() -> tuple[bytes, bytes]:
    return untrained_files(nas_bayesian())


def test_the_categories_add_up_to_the_file(files: tuple[bytes, bytes]) -> None:
    for content in files:
        counted = bytes_by_category(content)
        assert tuple(counted) == CATEGORIES
        assert sum(counted.values()) == len(content)


def test_weights_and_biases_are_those_of_the_network_and_the_two_axes_of_the_average(
    files: tuple[bytes, bytes],
) -> None:
    for content in files:
        counted = bytes_by_category(content)
        assert counted["weights"] + counted["biases"] == cost(nas_bayesian()).weight_bytes + 2 * 4


def test_the_packed_file_has_no_metadata_and_hardly_any_padding(files: tuple[bytes, bytes]) -> None:
    plain, packed = (bytes_by_category(content) for content in files)
    assert plain["metadata"] > 0
    assert packed["metadata"] == 0
    assert packed["padding"] < 256


def test_a_name_in_the_packed_file_is_a_length_and_at_most_three_digits(files: tuple[bytes, bytes]) -> None:
    names = [str(number) for number in range(len(interpreter_of(files[1]).get_tensor_details()))]
    assert bytes_by_category(files[1])["names"] == sum(4 + len(name) for name in names)
    assert max(map(len, names)) <= 3


def test_zero_points_are_what_packing_spares_most(files: tuple[bytes, bytes]) -> None:
    plain, packed = (bytes_by_category(content) for content in files)
    saved = {category: plain[category] - packed[category] for category in CATEGORIES}
    assert max(saved, key=lambda category: saved[category]) == "zero points"
