"""`ngrad.numpy.fft` beside NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from calls import CUBE, Case, K
from numeric import check_gradient
from test_functions import assert_like, converted, function_of

import ngrad.numpy as ours

X = np.cos(np.arange(6.0)).reshape(2, 3)
Z = X + 1j * np.sin(np.arange(6.0)).reshape(2, 3)
CASES = [
    *(Case(name, (n,), {}, 0) for name in ("fftfreq", "rfftfreq") for n in (1, 2, 5, 8)),
    *(Case(name, (6,), {"d": 0.1}, 0) for name in ("fftfreq", "rfftfreq")),
    *(
        Case(name, (x,), {"axes": axes}, int(x is CUBE))
        for name in ("fftshift", "ifftshift")
        for x, axes in ((CUBE, None), (CUBE, 1), (CUBE, (0, -1)), (K, None))
    ),
    *(
        Case(name, (x, *given), options, int(x is X or x is Z))
        for name, x in {
            **dict.fromkeys(("fft", "ifft", "irfft", "hfft"), Z),
            **dict.fromkeys(("rfft", "ihfft"), X),
        }.items()
        for given, options in (
            ((), {}),
            ((4,), {"axis": 0, "norm": "ortho"}),
            ((2,), {"norm": "forward"}),
        )
    ),
    *(
        Case(name, (Z,), options, 0)
        for name in ("fftn", "ifftn", "irfftn", "fft2", "ifft2", "irfft2")
        for options in (
            {},
            {"axes": (1, 0), "norm": "ortho"},
            {"s": (-1, 4), "axes": (0, 1)},
        )
    ),
    *(
        Case(name, (X,), options, 0)
        for name in ("rfftn", "rfft2", "fft", "irfft", "fftn")
        for options in ({}, {"norm": "forward"})
    ),
    Case("fftn", (CUBE,), {"axes": (0, 2)}, 1),
    Case("rfftn", (CUBE,), {}, 1),
    Case("irfftn", (Z,), {"s": (2, 5), "axes": (0, 1)}, 1),
    *(Case(name, (K.astype(kind),), {}, 0) for name in ("fft", "rfft") for kind in ("i4", "f4")),
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
    assert set(ours.fft.__all__) == set(np.fft.__all__)
    with pytest.raises(TypeError, match="rfft: takes real numbers, not complex128"):
        ours.fft.rfft([1j, 2])
    with pytest.raises(ValueError, match=r"fft: invalid number of data points \(0\)"):
        ours.fft.fft([1.0], 0)
    with pytest.raises(ValueError, match="norm is one of backward, ortho, forward, not 'both'"):
        ours.fft.fft([1.0], norm="both")
    with pytest.raises(ValueError, match="irfftn: at least 1 axis"):
        ours.fft.irfftn([1.0], axes=())
    with pytest.raises(ValueError, match="n should be an integer"):
        ours.fft.fftfreq(2.5)
