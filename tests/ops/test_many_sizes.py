"""Every op at many sizes: plans that serve many of them (`ngrad/forms.py`) give the same bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import optree
import pytest
from rows import ROWS
from table import Row, Shapes

import ngrad
from ngrad import forms
from ngrad.errors import NgradError
from ngrad.plans import plans

MORE = 0, 1, 2, 3, 5, 8, 30, 4, 61
"""How much longer axes are."""


def longer(shapes: Shapes, more: int) -> Shapes:
    """Shapes whose axes of several elements have more: those that were equal still are."""
    return tuple([tuple([n + more if n > 1 else n for n in shape]) for shape in shapes])


LARGEST = 1 << 14
OF_ONE_SIZE = ("other_rows",)
"""Ops of the engine's, which asks for what fits."""


def bits(row: Row, shapes: Shapes) -> Any:
    code = "f8" if "f" in row.kinds else {"b": "b1", "c": "c16"}.get(row.kinds[0], "i8")
    if max(map(math.prod, shapes)) > LARGEST:
        return None
    given = [ngrad.constant(a) for a in row.sample(shapes, code)]
    try:
        found = row.function(*given)
    except (NgradError, ValueError, IndexError, TypeError) as error:
        return type(error)  # it is of some sizes alone
    return [np.asarray(x).tobytes() for x in optree.tree_leaves(found)]


@pytest.mark.parametrize("row", [row for row in ROWS if row.op not in OF_ONE_SIZE], ids=str)
def test_sizes(row: Row, waiting: None) -> None:
    shapes = max(row.cases, key=lambda case: (0 not in sum(case, ()), len(sum(case, ()))))
    plans.clear()
    forms.forms.clear()
    found = [bits(row, longer(shapes, more)) for more in MORE]
    plans.clear()
    ngrad.config.set_fusion("off")
    assert found == [bits(row, longer(shapes, more)) for more in MORE]
