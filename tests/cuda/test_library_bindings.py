"""The doubles of nvmath's bindings, against the bindings: the same functions, arguments in the same
order, the same numbers.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import re
from typing import Any

import pytest
from library_doubles import DOUBLES

pytest.importorskip("nvmath.bindings", reason="nvmath-python is in ngrad[cuda13-math]")


def named(function: Any) -> list[str]:
    """The names of a binding's arguments, which its docstring begins with."""
    first = inspect.getdoc(function).splitlines()[0]
    arguments = re.match(r"\w+\((.*)\)", first)[1]
    return [argument.split()[-1] for argument in arguments.split(", ") if argument]


FUNCTIONS = [
    (library, name)
    for library, double in DOUBLES.items()
    for name, value in inspect.getmembers(double, inspect.isfunction)
    if not name.startswith("_") and name != "queue"
]


@pytest.mark.parametrize(("library", "name"), FUNCTIONS, ids=str)
def test_arguments(library: str, name: str) -> None:
    real = getattr(importlib.import_module(f"nvmath.bindings.{library}"), name)
    _, *own = inspect.signature(getattr(DOUBLES[library], name)).parameters
    if name not in ("destroy", "set_stream"):  # shared by libraries that name them differently
        assert own == named(real)
    assert len(own) == len(named(real))


@pytest.mark.parametrize("library", DOUBLES)
def test_numbers(library: str) -> None:
    real = importlib.import_module(f"nvmath.bindings.{library}")
    for name, value in vars(DOUBLES[library]).items():
        if isinstance(value, enum.EnumType):
            for member in value:
                assert getattr(real, name)[member.name] == member.value


def test_numbers_that_have_no_name_in_the_bindings() -> None:
    cublas = importlib.import_module("nvmath.bindings.cublas")
    from ngrad_kernels.cuda import blas, lu, solver

    assert (cublas.FillMode.LOWER, cublas.FillMode.UPPER) == (solver.LOWER, solver.UPPER)
    assert cublas.Operation.N == lu.NOT_TRANSPOSED
    assert importlib.import_module("nvmath.bindings.cusolver").EigMode.VECTOR == solver.VECTORS
    assert importlib.import_module("nvmath.bindings.cusolver").EigMode.NOVECTOR == solver.NONE
    kinds = importlib.import_module("nvmath").CudaDataType
    names = {"f4": "CUDA_R_32F", "f8": "CUDA_R_64F", "c8": "CUDA_C_32F", "c16": "CUDA_C_64F"}
    names |= {"f2": "CUDA_R_16F", "f2b": "CUDA_R_16BF"}
    assert {code: kinds[name] for code, name in names.items()} == blas.TYPES
