"""Programs other than TensorFlow's that read .tflite files read the delivered one, too.

Each is installed into a virtual environment of its own while the test runs, since they exclude each other's versions.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.baselines import nas_bayesian
from nas_engine.network.tflite import interpreter_of
from nas_engine.network.untrained import untrained_files
from tests.nas_engine.network.runtimes import RUNTIMES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Each program's arguments: the .tflite file, a .npy file of inputs int8 [n, ...], the .npy file to write.
OPENVINO = """
import sys, numpy, openvino
source, inputs, outputs = sys.argv[1:]
network = openvino.Core().compile_model(source, "CPU")
numpy.save(outputs, [network(x[None])[0][0] for x in numpy.load(inputs)])
"""
TF2ONNX = """
import subprocess, sys, numpy, onnxruntime
source, inputs, outputs = sys.argv[1:]
made = source + ".onnx"
subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--tflite", source, "--output", made], check=True)
session = onnxruntime.InferenceSession(made)
name = session.get_inputs()[0].name
numpy.save(outputs, [session.run(None, {name: x[None]})[0][0] for x in numpy.load(inputs)])
"""
# The converter itself: the command `mnnconvert` around it reports to its makers, and installs a package to do so.
MNN = """
import sys, _tools
import MNN.expr as expr
source = sys.argv[1]
made = source + ".mnn"
_tools.mnnconvert(["", "-f", "TFLITE", "--modelFile", source, "--MNNModel", made, "--bizCode", "earshot"])
print(" ".join(expr.load_as_dict(made)))
"""
AI_EDGE_QUANTIZER = """
import sys
from ai_edge_quantizer import quantizer, recipe
made = quantizer.Quantizer(sys.argv[1], recipe.dynamic_wi8_afp32()).quantize().quantized_model
open(sys.argv[1] + ".again", "wb").write(made)
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The delivered file of Table 2's network, and inputs for it."""
    folder = tmp_path_factory.mktemp("network")
    (folder / "network.tflite").write_bytes(untrained_files(nas_bayesian())[1])
    levels = np.geomspace(1, 256, 8).reshape(8, 1, 1, 1)
    x = np.clip(np.random.default_rng(0).normal(0, levels, (8, 196, 40, 1)), -128, 127).astype(np.int8)
    np.save(folder / "inputs.npy", x)
    return folder


def run(program: str, packages: list[str], network: Path, folder: Path) -> str:
    """What the program prints in an environment with `packages`; its outputs are in outputs.npy of `network`."""
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    installing = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--system-certs",
        "--quiet",
        "--python",
        python,
        *packages,
    ]
    installed = subprocess.run(installing, capture_output=True, text=True)
    assert installed.returncode == 0, f"{packages} cannot be installed here: {installed.stderr[-2000:]}"
    arguments = [network / "network.tflite", network / "inputs.npy", network / "outputs.npy"]
    environment = {**os.environ, "PATH": str(folder / "bin")}
    ran = subprocess.run([python, "-c", program, *arguments], capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


def in_tflite(network: Path) -> NDArray[np.int64]:
    x = np.load(network / "inputs.npy")
    return RUNTIMES["reference kernels"]((network / "network.tflite").read_bytes(), x).astype(int)


@pytest.mark.parametrize(
    ("program", "packages"),
    [
        (OPENVINO, ["openvino==2026.4.1"]),
        (TF2ONNX, ["tf2onnx==1.17.0", "tensorflow==2.21.0", "onnxruntime==1.32.0"]),
    ],
    ids=["OpenVINO", "tf2onnx"],
)
def test_a_program_that_runs_the_file_answers_nearly_as_tensorflow_lite(
    program: str, packages: list[str], network: Path, tmp_path: Path
) -> None:
    """They compute in float between the layers: 12 of 256 steps apart at most were measured."""
    run(program, packages, network, tmp_path / "environment")
    expected, answered = in_tflite(network), np.load(network / "outputs.npy").astype(int)
    assert np.abs(answered - expected).max() <= 20
    assert np.corrcoef(answered.ravel(), expected.ravel())[0, 1] > 0.9


def test_mnn_converts_all_of_the_file(network: Path, tmp_path: Path) -> None:
    """Its file has the input, the output and more tensors than the network has operators."""
    made = interpreter_of((network / "network.tflite").read_bytes())
    ends = {details[0]["name"] for details in (made.get_input_details(), made.get_output_details())}
    names = run(MNN, ["mnn==3.6.1"], network, tmp_path / "environment").split()
    assert ends <= set(names)
    assert len(names) > sum(operator["op_name"] != "DELEGATE" for operator in made._get_ops_details())


def test_ai_edge_quantizer_leaves_a_network_that_is_int8_already_as_it_answers(network: Path, tmp_path: Path) -> None:
    run(AI_EDGE_QUANTIZER, ["ai-edge-quantizer==0.10.0"], network, tmp_path / "environment")
    again = (network / "network.tflite.again").read_bytes()
    x = np.load(network / "inputs.npy")
    np.testing.assert_array_equal(RUNTIMES["reference kernels"](again, x), in_tflite(network))
