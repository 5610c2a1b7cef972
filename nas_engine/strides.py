"""What strides and 'same' padding make of a shape: what an axis becomes, what is padded, what no window reaches."""

from nas_engine.architecture import Pair, Shape


def strided(shape: Shape, strides: Pair) -> Pair:
    """(height, width) after `strides` (time, frequency) with 'same' padding: quotients rounded up."""
    height, width = shape[0], shape[1]
    return -(-height // strides[0]), -(-width // strides[1])


def padding(shape: Shape, kernel: Pair, strides: Pair) -> Pair:
    """Rows and columns that 'same' padding adds, both sides together; below 0 what no window of the kernel reaches."""
    height, width = (
        (-(-size // stride) - 1) * stride + length - size
        for size, length, stride in zip(shape[:2], kernel, strides, strict=True)
    )
    return height, width


def is_unpadded(shape: Shape, kernel: Pair, strides: Pair) -> bool:
    """Whether a convolution pads nothing and leaves out the end of an axis; a kernel of 1 x 1 counts as padded."""
    padded = padding(shape, kernel, strides)
    return kernel != (1, 1) and min(padded) < 0 and max(padded) <= 0


def is_not_computed(shape: Shape, kernel: Pair, strides: Pair) -> bool:
    """Whether XNNPACK (TensorFlow 2.21) does not compute such a convolution, without an error.

    Its convolutions pad both axes or none: not where the kernel leaves out the end of one and needs more of the other
    than there is.
    """
    padded = padding(shape, kernel, strides)
    return kernel != (1, 1) and min(padded) < 0 < max(padded)
