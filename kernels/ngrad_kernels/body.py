"""`Body`: one loop nest of scalar expressions, plus at most one reduction each output, for one
launch.

The narrow waist between the two packages: the front end cuts graphs into bodies, the targets render
them. A body says what is computed for each element; the target's skeleton says over which elements,
and where they lie.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Form = Literal["map", "rows", "columns", "arg", "scan", "segments"]


@dataclass(frozen=True)
class Step:
    """One scalar operation: `scalar(*operands)`, a value of dtype `code`.

    Operands number the body's values: inputs first, then the steps in order.
    """

    scalar: str
    operands: tuple[int, ...]
    code: str


@dataclass(frozen=True)
class Body:
    """What one launch computes.

    Attributes
    ----------
    form : {"map", "rows", "columns", "arg", "scan", "segments"}
        The loop nest: elementwise; a reduction over the last or over an earlier axis; the position
        of an extreme over the last axis; a running reduction along the last axis; one of each of
        the segments of an axis.
    inputs : tuple of str
        Dtype codes of what is loaded.
    steps : tuple of Step
        The scalar operations, in order.
    outputs : tuple of int
        Which values are stored (map), or reduced.
    reduction : str or None
        How values combine: "sum", "prod", "max", "min", of int64 "and", "or", "xor", for
        every form but "map"; for "scan" also "linear", or a scalar operation, as for "segments".
    result : str or None
        The dtype code of the reduced result.

    Examples
    --------
    >>> Body("map", ("f4", "f4"), (Step("add", (0, 1), "f4"),), (2,)).digest()[:8]
    'b89f5e8d'
    """

    form: Form
    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    reduction: str | None = None
    result: str | None = None

    def text(self) -> str:
        """The canonical text: equal bodies, and no others, have equal texts."""
        steps = ";".join(
            f"{s.scalar}({','.join(map(str, s.operands))}):{s.code}" for s in self.steps
        )
        outputs = ",".join(map(str, self.outputs))
        tail = f"|{self.reduction}>{self.result}" if self.reduction else ""
        return f"{self.form}|{','.join(self.inputs)}|{steps}|{outputs}{tail}"

    def digest(self) -> str:
        """SHA-256 of the canonical text."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def code_of(self, value: int) -> str:
        """The dtype code of a value of this body."""
        return (
            self.inputs[value]
            if value < len(self.inputs)
            else self.steps[value - len(self.inputs)].code
        )
