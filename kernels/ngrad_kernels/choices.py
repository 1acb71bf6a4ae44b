"""What a program chooses of numbers where a device could be faster than exact."""

from __future__ import annotations

PRECISIONS = ("float32", "tf32")


class Choices:
    """What is read at each launch that has such a choice.

    Attributes
    ----------
    precision : str
        How float32 is multiplied where a library has a choice: "float32", or "tf32", whose products
        have 10 bits of mantissa and whose sums are float32.
    deterministic : bool
        Whether sums are added in an order that sizes and indices alone decide.
    """

    __slots__ = ("deterministic", "precision")

    def __init__(self) -> None:
        self.precision = "float32"
        self.deterministic = True


choices = Choices()
"""The process's."""
