import copy
import json
import pickle
import subprocess
import sys
from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.cost import cost
from nas_engine.layers import all_layers
from nas_engine.search_space.paper_spaces import paper_2d
from tests.nas_engine.sampling import architectures


@given(architectures(paper_2d()))
def test_json_round_trip_keeps_every_architecture(architecture: Architecture) -> None:
    text = json.dumps(architecture.to_json())
    assert Architecture.from_json(json.loads(text)) == architecture


@pytest.mark.parametrize("part", [Stem(), Block("kxk", 3, 8, (2, 1)), Head()], ids=["stem", "block", "head"])
def test_the_json_of_a_part_has_its_fields_by_name(part: Stem | Block | Head) -> None:
    values = {one.name: getattr(part, one.name) for one in fields(part)}
    assert json.dumps(part.to_json()) == json.dumps(values)


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_survive_the_json_round_trip(name: str) -> None:
    architecture = BASELINES[name](9)
    assert Architecture.from_json(json.loads(architecture.canonical_json())) == architecture


def test_the_hash_does_not_change_between_processes_and_releases() -> None:
    """The hash is a key in other people's databases: a change of it is a migration, not a refactoring."""
    program = "from nas_engine.baselines import nas_bayesian; print(nas_bayesian().hash)"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert nas_bayesian().hash == other == ("c5f177548e1c3666e7bddda4d28301184b31a6c2a30c84ec41f3e24a50b02ca5")


@given(architectures(paper_2d()), st.randoms(use_true_random=False))
def test_the_network_hash_does_not_see_where_identities_stand(architecture: Architecture, random: Random) -> None:
    blocks = [block for block in architecture.blocks if block.kind != "identity"]
    for _ in range(3):
        blocks.insert(random.randrange(len(blocks) + 1), Block("identity"))
    twin = replace(architecture, blocks=tuple(blocks))
    assert twin.network_hash == architecture.network_hash
    assert cost(twin).flops == cost(architecture).flops
    assert [(type(layer), layer.output_shape) for layer in all_layers(twin)] == [
        (type(layer), layer.output_shape) for layer in all_layers(architecture)
    ]


@given(architectures(paper_2d()), architectures(paper_2d()))
def test_networks_of_different_blocks_have_different_network_hashes(one: Architecture, other: Architecture) -> None:
    seen = [[block for block in each.blocks if block.kind != "identity"] for each in (one, other)]
    assert (one.network_hash == other.network_hash) == (seen[0] == seen[1])
    if len(seen[0]) == len(one.blocks):
        assert one.network_hash == one.hash


def test_any_changed_field_changes_the_hash() -> None:
    block = Block("mobilenet_v2", 3, 16)
    variants = [
        Architecture(Stem(), (block,), Head()),
        Architecture(Stem(frames=98), (block,), Head()),
        Architecture(Stem(layout="1d"), (block,), Head()),
        Architecture(Stem(), (Block("mobilenet_v1", 3, 16),), Head()),
        Architecture(Stem(), (Block("mobilenet_v2", 5, 16),), Head()),
        Architecture(Stem(), (Block("mobilenet_v2", 3, 24),), Head()),
        Architecture(Stem(), (Block("mobilenet_v2", 3, 16, (2, 2)),), Head()),
        Architecture(Stem(), (Block("mobilenet_v2", 3, 16, expansion=6),), Head()),
        Architecture(Stem(), (block, block), Head()),
        Architecture(Stem(), (block,), Head(classes=5)),
        Architecture(Stem(), (block,), Head(hidden_units=None)),
        Architecture(Stem(), (block,), Head(hidden_activation="linear")),
    ]
    assert len({variant.hash for variant in variants}) == len(variants)
    assert all(len(variant.hash) == 64 for variant in variants)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("stem", "frames"), 0, "stem.frames"),
        (("stem", "layout"), "3d", "stem.layout"),
        (("stem", "extra"), 1, "stem: unknown key 'extra'"),
        (("blocks",), [], "at least one block"),
        (("blocks",), {}, "blocks must be a list"),
        (("blocks", 2), "kxk", r"blocks\[2\] must be an object"),
        (("blocks", 2, "kind"), "resnet", r"blocks\[2\]: block.kind"),
        (("blocks", 2, "kernel_size"), 3.5, r"blocks\[2\]: block.kernel_size"),
        (("blocks", 2, "filters"), True, r"blocks\[2\]: block.filters"),
        (("blocks", 2, "strides"), [2], r"blocks\[2\].strides"),
        (("blocks", 2, "strides"), [0, 1], r"blocks\[2\]: block.strides"),
        (("head", "classes"), 1, "head.classes"),
        (("head", "hidden_units"), 0, "head.hidden_units"),
        (("head", "hidden_activation"), "tanh", "head.hidden_activation"),
        (("version",), 2, "unknown key 'version'"),
    ],
)
def test_bad_json_is_refused_naming_the_key(path: tuple[str | int, ...], value: object, message: str) -> None:
    data = copy.deepcopy(nas_bayesian().to_json())
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=message):
        Architecture.from_json(data)


@pytest.mark.parametrize("key", ["stem", "blocks", "head"])
def test_a_missing_key_is_named(key: str) -> None:
    data = nas_bayesian().to_json()
    del data[key]
    with pytest.raises(ValueError, match=f"key '{key}' is missing"):
        Architecture.from_json(data)


def test_an_identity_with_filters_is_refused() -> None:
    with pytest.raises(ValueError, match="identity"):
        Block("identity", 3, 16)


def test_only_mobilenet_v2_expands() -> None:
    with pytest.raises(ValueError, match="expansion must be 1"):
        Block("mobilenet_v2_avg_pool", 3, 16, (2, 2), expansion=2)


def test_an_avg_pool_block_without_strides_is_refused() -> None:
    with pytest.raises(ValueError, match="needs strides"):
        Block("mobilenet_v2_avg_pool", 3, 16)


def test_labels_tell_kind_kernel_filters_and_expansion() -> None:
    assert Block("mobilenet_v1", 3, 32).label == "mobilenet_v1-3-32"
    assert Block("mobilenet_v2", 5, 24, expansion=6).label == "mobilenet_v2-5-24-t6"
    assert Block("identity").label == "identity"


def test_a_changed_copy_of_a_network_whose_hash_was_asked_for_has_its_own() -> None:
    network = nas_bayesian()
    before = (network.hash, network.network_hash)
    changed = replace(network, head=replace(network.head, classes=10))
    assert changed.hash != before[0]
    assert changed.network_hash != before[1]
    assert pickle.loads(pickle.dumps(network)) == network
    assert (network.hash, network.network_hash) == before
