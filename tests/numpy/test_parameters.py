"""What functions are said to take, by `help` and to who else asks: what NumPy's are."""

from __future__ import annotations

import inspect
from operator import attrgetter

import numpy as np
import pytest

import ngrad.numpy as ours

PASSED_ON = (
    "array2string", "array_repr", "array_str", "format_float_positional", "format_float_scientific",
    "frombuffer", "fromfile", "genfromtxt", "load", "loadtxt", "savetxt",
    "random.randint", "random.poisson", "random.random_sample", "random.standard_normal",
    "random.Generator.integers", "random.Generator.random", "random.Generator.standard_normal",
    "random.Generator.multivariate_hypergeometric", "random.RandomState.standard_normal",
    "random.RandomState.random", "random.RandomState.tomaxint",
)  # fmt: skip
ALIKE = (
    "add", "sin", "sum", "mean", "concatenate", "where", "linspace", "reshape", "einsum_path",
    "linalg.norm", "linalg.svd", "fft.rfft2", "random.Generator.normal", "random.RandomState.gamma",
)  # fmt: skip


@pytest.mark.parametrize("name", [*PASSED_ON, *ALIKE])
def test_parameters(name: str) -> None:
    try:
        expected = inspect.signature(attrgetter(name)(np))
    except ValueError:
        pytest.skip("this version of NumPy does not tell")
    given = inspect.signature(attrgetter(name)(ours)).parameters
    for parameter in expected.parameters.values():
        assert given[parameter.name].kind is parameter.kind
        if "no value" not in f"{parameter.default!r} {given[parameter.name].default!r}":
            assert repr(given[parameter.name].default) == repr(parameter.default)
    assert len(given) == len(expected.parameters)
