"""The exported Python file builds our network: in a process of its own, with tf_keras alone."""

import json
import os
import subprocess
import sys
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from nas_engine.architecture import BLOCK_KINDS, Architecture, Block, Head, Stem
from nas_engine.baselines import nas_bayesian, tc_resnet8
from nas_engine.deployment.keras_source import keras_source
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.network.builder import BATCH_NORM_MOMENTUM, build

# One process for all files, since TensorFlow takes seconds to load.
PROGRAM = dedent("""
    import importlib.util, json, sys
    from pathlib import Path
    import numpy as np

    found = {}
    for path in sorted(Path(sys.argv[1]).glob("*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        model = module.build()
        given = np.load(path.with_suffix(".npz"))
        model.set_weights([given[f"weights_{n:03}"] for n in range(len(given.files) - 1)])
        found[path.stem] = {
            "name": module.NAME,
            "layers": [[layer.name, list(layer.output_shape[1:])] for layer in model.layers if layer.name != "x"],
            "parameters": model.count_params(),
            "outputs": model.predict(given["examples"], verbose=0).tolist(),
        }
    assert not any(name.split(".")[0] in ("nas_engine", "webapp") for name in sys.modules)
    print(json.dumps(found))
""")
NAME = 'trial 7 of "a"\n"""b\\ é'


def every_kind() -> Architecture:
    kinds = [kind for kind in BLOCK_KINDS if kind not in ("identity", "mobilenet_v2_avg_pool")]
    blocks = [Block(kind, 3, 8, (2, 2) if kind in ("kxk", "tc_resnet") else (1, 1)) for kind in kinds]
    pooled = (Block("mobilenet_v2_avg_pool", 3, 12, (2, 2)), Block("kx1_1xk_dw", 3, 8, (2, 1)), Block("identity"))
    wide = (Block("mobilenet_v2", 3, 8, expansion=6), Block("kx1_1xk", 3, 10, (2, 1)))
    return Architecture(Stem(48, 20), (*blocks, *pooled, *wide), Head(classes=5, hidden_activation="linear"))


NETWORKS = {"table2": nas_bayesian(), "tc_resnet8": tc_resnet8(), "every_kind": every_kind()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the files say of themselves, and what our own networks say with the same weights on the same examples."""
    folder, ours = tmp_path_factory.mktemp("files"), {}
    generator = np.random.default_rng(0)
    for name, architecture in NETWORKS.items():
        model = build(architecture)
        weights = [np.abs(generator.normal(0.2, 0.1, one.shape)).astype(np.float32) for one in model.get_weights()]
        model.set_weights(weights)
        examples = generator.normal(size=(3, *architecture.stem.input_shape)).astype(np.float32)
        (folder / f"{name}.py").write_text(keras_source(architecture, NAME), "utf-8")
        np.savez(folder / f"{name}.npz", examples=examples, **{f"weights_{n:03}": w for n, w in enumerate(weights)})
        ours[name] = {
            "layers": [[layer.name, list(layer.output_shape[1:])] for layer in model.layers if layer.name != "x"],
            "parameters": model.count_params(),
            "outputs": model.predict(examples, verbose=0),
        }
    (folder / "driver").write_text(PROGRAM, "utf-8")
    variables = {"PATH": os.environ["PATH"], "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    process = subprocess.run(
        [sys.executable, str(folder / "driver"), str(folder)],
        capture_output=True, text=True, check=True, cwd=folder, env=variables, timeout=300,
    )  # fmt: skip
    return {"files": json.loads(process.stdout.splitlines()[-1]), "ours": ours}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_builds_the_layers_that_are_trained(built: dict[str, Any], name: str) -> None:
    """In names, order, shapes and number of weights; the Add layers have names of Keras' own."""

    def named(layers: list[list[Any]]) -> list[list[Any]]:
        return [["add" if name.startswith("add") else name, shape] for name, shape in layers]

    file, ours = built["files"][name], built["ours"][name]
    assert named(file["layers"]) == named(ours["layers"])
    assert file["parameters"] == ours["parameters"]
    assert file["name"] == NAME


@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_answers_as_our_network_does_with_its_weights(built: dict[str, Any], name: str) -> None:
    """Both are float32 on one machine; sums may be taken in another order."""
    ours = built["ours"][name]["outputs"]
    assert np.allclose(built["files"][name]["outputs"], ours, rtol=1e-4, atol=1e-6)
    assert np.ptp(ours) > 0.01, "the answers distinguish something"


def test_the_momentum_of_the_file_is_that_of_training() -> None:
    assert f"BATCH_NORM_MOMENTUM = {BATCH_NORM_MOMENTUM}\n" in keras_source(nas_bayesian())


def test_the_file_imports_nothing_but_tf_keras() -> None:
    lines = keras_source(nas_bayesian()).splitlines()
    assert [line for line in lines if line.startswith(("import", "from"))] == [
        "from tf_keras import Input, Model, layers"
    ]


def test_a_network_that_cannot_be_built_has_no_file() -> None:
    unequal = Architecture(Stem(), (Block("mobilenet_v1", 3, 8, (2, 1)),), Head())
    with pytest.raises(InfeasibleArchitecture, match="unequal strides"):
        keras_source(unequal)
