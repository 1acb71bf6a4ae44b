"""What is real of `ngrad.numpy.fft`, beside NumPy's; and what is said of the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import CUBE, Case, K
from numeric import check_gradient
from test_functions import assert_like, converted, function_of

import ngrad.numpy as ours

CASES = [
    *(Case(name, (n,), {}, 0) for name in ("fftfreq", "rfftfreq") for n in (1, 2, 5, 8)),
    *(Case(name, (6,), {"d": 0.1}, 0) for name in ("fftfreq", "rfftfreq")),
    *(
        Case(name, (x,), {"axes": axes}, int(x is CUBE))
        for name in ("fftshift", "ifftshift")
        for x, axes in ((CUBE, None), (CUBE, 1), (CUBE, (0, -1)), (K, None))
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_numpy(case: Case) -> None:
    expected = getattr(np.fft, case.name)(*case.args, **case.kwargs)
    found = getattr(ours.fft, case.name)(*map(converted, case.args), **case.kwargs)
    assert_like(found, expected)


@pytest.mark.parametrize("case", [case for case in CASES if case.orders], ids=str)
def test_gradients(case: Case) -> None:
    function, arrays = function_of(case, ours.fft)
    check_gradient(function, *arrays)


def test_what_is_refused() -> None:
    assert {case.name for case in CASES} == set(ours.fft.__all__)
    transforms: Any = set(np.fft.__all__) - set(ours.fft.__all__)
    for name in transforms:
        with pytest.raises(AttributeError, match=f"no '{name}' yet, since .* complex numbers"):
            getattr(ours.fft, name)
    with pytest.raises(ValueError, match="n should be an integer"):
        ours.fft.fftfreq(2.5)
