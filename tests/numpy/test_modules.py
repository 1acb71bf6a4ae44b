"""Modules of `ngrad.numpy`, by the names that programs import; and what is only asked about."""

from __future__ import annotations

import importlib
import subprocess
import sys

import numpy as np
import pytest

import ngrad.numpy as ours

MODULES = {
    "emath": ("sqrt",),
    "exceptions": ("AxisError", "ComplexWarning"),
    "fft": ("fft", "fftfreq"),
    "lib": ("stride_tricks",),
    "lib.stride_tricks": ("sliding_window_view", "as_strided"),
    "linalg": ("norm", "LinAlgError"),
    "ma": ("MaskedArray", "isMA", "isMaskedArray", "is_masked", "isarray", "masked", "nomask"),
    "polynomial": ("Polynomial", "Chebyshev", "polynomial", "chebyshev", "polyutils"),
    "polynomial.legendre": ("Legendre", "leggauss"),
    "polynomial.polynomial": ("Polynomial", "polyfit"),
    "random": ("default_rng", "RandomState"),
    "testing": ("assert_allclose", "assert_equal"),
    "typing": ("ArrayLike", "DTypeLike", "NDArray"),
}
NUMPYS = ("exceptions", "ma", "polynomial.legendre", "polynomial.polynomial", "typing")


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_imported(name: str) -> None:
    """In a process that has asked for nothing before, as the first that a program writes."""
    names = ", ".join(MODULES[name])
    program = f"import ngrad.numpy.{name} as m; from ngrad.numpy.{name} import {names}; import sys"
    subprocess.run([sys.executable, "-c", program], check=True)
    module, space = importlib.import_module(f"ngrad.numpy.{name}"), ours
    for part in name.split("."):
        space = getattr(space, part)
    assert space is module
    for one in MODULES[name] if name in NUMPYS else ():
        assert getattr(module, one) is getattr(importlib.import_module(f"numpy.{name}"), one)


def test_modules_that_few_ask_for_wait() -> None:
    late = "numpy.ma", "numpy.polynomial", "numpy.testing", "numpy.typing", "scipy.fft"
    program = f"import sys, ngrad.numpy; assert not {{*sys.modules}} & {{*{late}}}"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_annotations() -> None:
    from ngrad.numpy.typing import NDArray

    assert NDArray[ours.float64] == ours.typing.NDArray[np.float64]


def test_dtypes_that_no_array_has() -> None:
    x = ours.arange(3.0)
    names = (
        "object_",
        "str_",
        "bytes_",
        "void",
        "datetime64",
        "timedelta64",
        "character",
        "flexible",
    )
    for name in names:
        kind = getattr(ours, name)
        assert kind is getattr(np, name)
        assert not isinstance(x[0], kind) and not ours.issubdtype(x.dtype, kind)
        assert name in ("character", "flexible") or x.dtype != kind  # these are no dtypes
    assert ours.memmap is np.memmap and not isinstance(x, ours.memmap)
    with pytest.raises(TypeError, match="no dtype of ngrad"):
        ours.zeros(2, ours.object_)


def test_there_are_no_masks() -> None:
    x = ours.arange(3.0)
    assert not (ours.ma.is_masked(x) or ours.ma.isMaskedArray(x) or x[0] is ours.ma.masked)
    assert ours.ma.isMaskedArray(np.ma.masked_array([1.0], [True]))
    for name in ("array", "masked_where", "filled"):
        with pytest.raises(
            AttributeError, match=rf"ma has no '{name}': there are no masks .*ma\.filled"
        ):
            getattr(ours.ma, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ours.ma.nothing
