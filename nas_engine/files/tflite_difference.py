"""Difference of two .tflite files of one network: which tensors, how many of their values, and by how much."""

from dataclasses import dataclass

import numpy as np

from nas_engine.files.tflite_tensors import StoredTensor, stored_tensors


@dataclass(frozen=True, slots=True)
class TensorDifference:
    """Tensor that differs: `values_differing` of its `values`, by at most `largest_steps` of its type `dtype`.

    A step of int8 is 1 of 256. `scales_differ` is whether scales or zero points do.
    """

    number: int
    shape: tuple[int, ...]
    dtype: str
    values: int
    values_differing: int
    largest_steps: float
    scales_differ: bool


@dataclass(frozen=True, slots=True)
class FileDifference:
    """Difference of two files of `tensors` tensors with `values` constant values (weights and biases).

    Without `same_structure` their tensors differ in number, shape or type, and are not compared one by one.
    """

    tensors: int
    values: int
    differing: tuple[TensorDifference, ...]
    same_structure: bool = True

    @property
    def values_differing(self) -> int:
        """Constant values that differ, of all tensors."""
        return sum(one.values_differing for one in self.differing)

    @property
    def largest_int8_steps(self) -> int:
        """Largest difference of an int8 weight, in steps of its scale (0..255)."""
        return max((int(one.largest_steps) for one in self.differing if one.dtype == "int8"), default=0)

    @property
    def same_weights(self) -> bool:
        """Whether weights, biases, and all scales and zero points are equal."""
        return self.same_structure and not self.differing


def file_difference(first: bytes, second: bytes) -> FileDifference:
    """Compare the tensors of two .tflite files by their numbers. Raises ValueError if one is no .tflite file."""
    pairs = stored_tensors(first), stored_tensors(second)
    values = sum(tensor.values.size for tensor in pairs[0])
    if [_structure(tensor) for tensor in pairs[0]] != [_structure(tensor) for tensor in pairs[1]]:
        return FileDifference(len(pairs[0]), values, (), same_structure=False)
    compared = (_difference(*pair) for pair in zip(*pairs, strict=True))
    differing = tuple(one for one in compared if one.values_differing or one.scales_differ)
    return FileDifference(len(pairs[0]), values, differing)


def _structure(tensor: StoredTensor) -> tuple[object, ...]:
    return tensor.shape, tensor.dtype, tensor.values.size, len(tensor.scales)


def _difference(first: StoredTensor, second: StoredTensor) -> TensorDifference:
    steps = np.abs(first.values.astype(np.float64) - second.values.astype(np.float64))
    return TensorDifference(
        number=first.number,
        shape=first.shape,
        dtype=first.dtype,
        values=first.values.size,
        values_differing=int(np.count_nonzero(steps)),
        largest_steps=float(steps.max(initial=0.0)),
        scales_differ=(first.scales, first.zero_points) != (second.scales, second.zero_points),
    )
