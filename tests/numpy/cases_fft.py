"""Calls of functions of NumPy's `fft`: the table of `test_numpy_fft.py`."""

from __future__ import annotations

import numpy as np
from calls import CUBE, Case, K, to_second_order

X = np.cos(np.arange(6.0)).reshape(2, 3)
Z = X + 1j * np.sin(np.arange(6.0)).reshape(2, 3)
CALLS = [
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
        Case(name, (Z,), options, int(not options))
        for name in ("fftn", "ifftn", "irfftn", "fft2", "ifft2", "irfft2")
        for options in (
            {},
            {"axes": (1, 0), "norm": "ortho"},
            {"s": (-1, 4), "axes": (0, 1)},
        )
    ),
    *(
        Case(name, (X,), options, int(not options))
        for name in ("rfftn", "rfft2", "fft", "irfft", "fftn")
        for options in ({}, {"norm": "forward"})
    ),
    *(
        Case(name, (X, n), {"norm": norm}, 1)
        for name in ("fft", "ifft")
        for n, norm in ((1, None), (4, "ortho"), (5, "forward"))
    ),
    *(
        Case(name, (CUBE,), options, 1)
        for name in ("fftn", "ifftn")
        for options in (
            {"axes": (0, 2)},
            {"axes": (1, 1)},
            {"s": (5, 2), "axes": (2, 0), "norm": "ortho"},
        )
    ),
    Case("rfftn", (CUBE,), {}, 1),
    Case("irfftn", (Z,), {"s": (2, 5), "axes": (0, 1)}, 1),
    *(
        Case(name, (np.abs(K).astype(kind),), {}, 0)
        for name in np.fft.__all__
        if "freq" not in name
        for kind in "?bBiefFD"
        if kind not in "FD" or (name[:2] != "rf" and name != "ihfft")
    ),
    *(Case("irfftn", (K.astype(kind),), {"axes": (0,)}, 0) for kind in "bef"),
]
CASES = to_second_order(CALLS)
