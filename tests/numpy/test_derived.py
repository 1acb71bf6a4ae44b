"""Every name of NumPy's has derivatives, which differences confirm, or a reason why it has none."""

from __future__ import annotations

from typing import Any

import numpy as np
import optree
import pytest
from cases import CASES
from cases_linalg import CASES as OF_MATRICES
from derived import DERIVED, UNDERIVED
from numeric import assert_same_bits, check_gradient, check_second_gradient
from test_functions import converted

import ngrad
import ngrad.numpy as ours
from ngrad.absent import by_name


@pytest.mark.parametrize("name", DERIVED)
def test_gradients(name: str) -> None:
    function, *arrays = DERIVED[name]

    def of_tensors(*tensors: Any) -> Any:
        return ngrad.convert_to_tensor(function(*map(ours.asarray, tensors)))

    check_gradient(of_tensors, *arrays)
    check_second_gradient(of_tensors, *arrays)


@pytest.mark.parametrize("code", ["f2", "f4", "f8", "i4"])
def test_edges_have_the_same_bits_where_a_tape_listens(code: str) -> None:
    rng = np.random.default_rng(6)
    for size, bins, span in ((40, 7, None), (40, 12, (-1.5, 2)), (1, 3, None), (0, 4, None)):
        x = (rng.normal(size=size) * 30).astype(code)
        for given in (x, x * 0 + 3):
            expected = np.histogram(given, bins, span)
            with ngrad.GradientTape() as tape:
                tape.watch(ours.ones(()))
                found = ours.histogram(ours.array(given), bins, span)
            for one, other in zip(found, expected, strict=True):
                assert_same_bits(np.asarray(one), other)


KINDS = {"bools": "b", "integers": "iub", "indices": "iu"}
WHY = by_name(UNDERIVED)
CALLS = [
    (case, f"{space}{case.name}")
    for space, cases in (("", CASES), ("linalg.", OF_MATRICES))
    for case in cases
    if f"{space}{case.name}" in WHY
]


@pytest.mark.parametrize(("case", "name"), CALLS, ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_has_no_derivatives(case: Any, name: str) -> None:
    """Results are of the kind that is said, and where they are floats no gradient comes of them."""
    why, space = WHY[name], ours.linalg if name.startswith("linalg.") else ours
    args = [converted(x) for x in case.args]
    sources = [x for x in args if isinstance(x, ours.ndarray) and x.dtype.kind in "fc"]
    with np.errstate(all="ignore"), ngrad.GradientTape() as tape:
        tape.watch(sources)
        found = optree.tree_leaves(getattr(space, case.name)(*args, **case.kwargs))
        found = [x for x in found if isinstance(x, ours.ndarray)]
        total = sum(ours.sum(ours.real(x)) for x in found if x.dtype.kind in "fc")
    if why in KINDS:
        assert {x.dtype.kind for x in found} <= set(KINDS[why])
    elif isinstance(total, ours.ndarray) and sources:
        assert all(slope is None or not ours.any(slope) for slope in tape.gradient(total, sources))


def test_gradients_of_no_name_are_left_out() -> None:
    """Which names neither have derivatives that are checked nor a reason, docs/numpy-coverage.md
    would raise for; here, that none has both.
    """
    derived = {case.name for case in CASES if case.orders} | set(DERIVED)
    assert derived & set(WHY) == set()
