"""Two trainings compared bit for bit: where they part, in words, and what about them differs."""

from dataclasses import replace

import pytest

from nas_engine.files.tflite_difference import FileDifference, TensorDifference
from nas_engine.statistics.reproduction import Epoch, Training, causes, compare, different_circumstances, distinct

ENVIRONMENT = {"tensorflow": "2.20.0", "threads": "1", "engine": "0123", "seed": "7"}
CURVE = (
    Epoch("float", 1, 1.2345678, 0.5, 0.4),
    Epoch("float", 2, 1.1, 0.6, 0.5),
    Epoch("float", 3, 1.0, 0.7, 0.6),
    Epoch("qat", 1, 0.9, 0.7, 0.6),
)
TRAINING = Training(CURVE, 0.75, ((3, 1), (1, 3)), "a" * 64, ENVIRONMENT)
FILES = FileDifference(40, 5_000, (TensorDifference(3, (3, 3), "int8", 9, 4, 2.0, False),))


def changed(number: int, **values: float) -> tuple[Epoch, ...]:
    """The curve with other values in one point."""
    return tuple(point._replace(**values) if place == number else point for place, point in enumerate(CURVE))


def test_equal_trainings_are_the_same_bit_for_bit() -> None:
    found = compare(TRAINING, TRAINING, None)
    assert found.is_identical
    assert found.parting is None
    assert found.verdict == (
        f"The same, bit for bit: 4 epochs of training, int8 accuracy 0.7500 and file sha256 {'a' * 64}."
    )
    assert [one.is_same for one in found.phases] == [True] * 5


def test_the_first_epoch_that_differs_is_named_with_figures_that_differ() -> None:
    other = replace(
        TRAINING,
        curve=changed(1, loss=1.1 + 1e-12),
        sha256="b" * 64,
        int8_accuracy=0.5,
        environment=ENVIRONMENT | {"tensorflow": "2.21.0", "threads": "2"},
    )
    found = compare(TRAINING, other, FILES)
    assert not found.is_identical
    assert found.verdict == (
        "They part in float training: epoch 2, loss 1.1 and 1.100000000001 (+1.0e-12). "
        "Weights: 1 of 40 tensors differ, 4 of 5,000 weights and biases, int8 weights by at most 2 steps. "
        "Evaluation: int8 accuracy 0.75 and 0.5 (-2.5e-01). "
        "Different: tensorflow 2.20.0 and 2.21.0 (library version); and threads 1 and 2 (number of threads)."
    )


def test_trainings_may_part_in_the_epochs_with_simulated_quantisation() -> None:
    found = compare(TRAINING, replace(TRAINING, curve=changed(3, eval_accuracy=0.65), sha256="b" * 64), FILES)
    assert found.parting is not None
    assert (found.parting.place, found.parting.detail) == (
        "training with simulated quantisation",
        "epoch 1, evaluation accuracy 0.6 and 0.65 (+5.0e-02)",
    )
    assert found.verdict.endswith("source of the engine are the same as far as recorded.")


def test_an_epoch_that_one_of_them_lacks_is_a_difference() -> None:
    found = compare(TRAINING, replace(TRAINING, curve=CURVE[:2] + CURVE[3:]), None)
    assert found.verdict.startswith("They part in float training: one of them has no epoch 3.")


def test_equal_curves_with_other_weights_part_in_the_conversion() -> None:
    found = compare(TRAINING, replace(TRAINING, sha256="b" * 64), FILES)
    assert found.verdict.startswith("They part in conversion: 1 of 40 tensors differ")


@pytest.mark.parametrize(
    ("files", "is_same", "words"),
    [
        (FileDifference(40, 5_000, ()), True, "all 5,000 weights and biases"),
        (FileDifference(40, 5_000, (), same_structure=False), False, "differ in number, shape or type"),
        (None, None, "cannot be read"),
    ],
)
def test_other_bytes_may_hold_the_same_weights(files: FileDifference | None, is_same: bool | None, words: str) -> None:
    found = compare(TRAINING, replace(TRAINING, sha256="b" * 64), files)
    assert found.phases[2].is_same is is_same
    assert words in found.phases[2].detail
    assert not found.is_identical


def test_the_same_file_may_answer_otherwise() -> None:
    found = compare(TRAINING, replace(TRAINING, int8_accuracy=0.5), None)
    assert found.verdict.startswith("They part in evaluation: int8 accuracy 0.75 and 0.5")
    confused = compare(TRAINING, replace(TRAINING, confusion=[[2, 2], [0, 4]]), None)
    assert not confused.is_identical
    assert "other answers to some clips" in confused.verdict
    assert compare(TRAINING, replace(TRAINING, confusion=[[3, 1], [1, 3]]), None).is_identical


def test_trials_without_a_curve_are_compared_by_their_files() -> None:
    bare = replace(TRAINING, curve=())
    found = compare(bare, bare, None)
    assert found.is_identical
    assert [one.is_same for one in found.phases[:2]] == [None, None]
    assert "epochs" not in found.verdict


def test_circumstances_recorded_of_one_alone_are_no_cause_but_named() -> None:
    found = different_circumstances(ENVIRONMENT, ENVIRONMENT | {"processor": "Some CPU", "seed": "8", "zlib": "1"})
    assert [(one.name, one.is_known) for one in found] == [("processor", False), ("zlib", False)]
    assert causes(found).endswith("Recorded of one of them alone: processor and zlib.")


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (0.1, 0.1 + 2**-56, "0.10000000000000001 and 0.10000000000000002 (+1.4e-17)"),
        (1.234567, 1.23457, "1.234567 and 1.23457 (+3.0e-06)"),
        (None, 0.5, "none and 0.5"),
    ],
)
def test_different_figures_are_printed_with_the_digits_that_differ(
    first: float | None, second: float, words: str
) -> None:
    assert distinct(first, second) == words
