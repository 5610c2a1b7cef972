"""Operators of a file are those that the interpreter runs, and their codes those of the schema."""

import re

import pytest

from nas_engine.deployment.operators import RESOLVER_METHODS, resolver_header, resolver_methods
from nas_engine.files.tflite_operators import operator_codes
from nas_engine.network.keras import tf, tflite_schema
from nas_engine.network.tflite import interpreter_of
from tests.nas_engine.deployment import made

NAMES = {code: name for name, code in vars(tflite_schema.BuiltinOperator).items() if isinstance(code, int)}


@pytest.mark.parametrize("name", made.NETWORKS)
def test_operators_are_those_that_the_interpreter_runs_in_their_order(name: str) -> None:
    interpreter = interpreter_of(made.network(name), tf.lite.experimental.OpResolverType.BUILTIN_REF)
    ran = [operator["op_name"] for operator in interpreter._get_ops_details()]
    assert [NAMES[code] for code in operator_codes(made.network(name))] == ran


def test_each_method_is_named_as_the_operator_of_its_code() -> None:
    for code, method in RESOLVER_METHODS.items():
        assert method.removeprefix("Add").lower() == NAMES[code].replace("_", "").lower()


def test_the_header_registers_each_operator_once() -> None:
    methods = resolver_methods(made.network("table 2"))
    header = resolver_header(methods)
    assert re.findall(r"resolver\.(\w+)\(\)", header) == list(methods)
    assert len(set(methods)) == len(methods) == 7
    assert "kEarshotOperatorCount = 7;" in header


def test_an_operator_without_a_known_method_is_named_by_its_code() -> None:
    def cosine(x: tf.Tensor) -> tf.Tensor:
        return tf.cos(x)

    traced = tf.function(cosine).get_concrete_function(tf.TensorSpec([1, 4], tf.float32))
    content = tf.lite.TFLiteConverter.from_concrete_functions([traced]).convert()
    with pytest.raises(ValueError, match=r"codes \[108\].*MicroMutableOpResolver"):
        resolver_methods(content)
