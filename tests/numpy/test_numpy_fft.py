"""`ngrad.numpy.fft` beside NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from calls import Case
from cases_fft import CASES
from numeric import check_gradient, check_second_gradient
from test_functions import assert_like, converted, function_of

import ngrad
import ngrad.numpy as ours
from ngrad.ops import spectra


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_numpy(case: Case) -> None:
    expected = getattr(np.fft, case.name)(*case.args, **case.kwargs)
    found = getattr(ours.fft, case.name)(*map(converted, case.args), **case.kwargs)
    assert_like(found, expected)


@pytest.mark.parametrize("case", [case for case in CASES if case.orders], ids=str)
def test_gradients(case: Case) -> None:
    function, arrays = function_of(case, ours.fft, "fc")
    assert arrays
    check_gradient(function, *arrays)
    if case.orders > 1:
        check_second_gradient(function, *arrays)


REAL = {
    "noise": np.random.default_rng(0).normal(size=(50, 4)),
    "even": np.outer(np.cos(np.arange(50)), [1.0, 2.0, 3.0, 2.0]),  # with a real spectrum
    "zero": np.zeros((5, 4)),
}


@pytest.mark.parametrize("many", [1, spectra.MANY])
@pytest.mark.parametrize("name", REAL)
def test_spectra_of_real_numbers(monkeypatch: pytest.MonkeyPatch, name: str, many: int) -> None:
    """Of which half is computed where that pays, and no imaginary part is -0, as of NumPy's."""
    monkeypatch.setattr(spectra, "MANY", many)
    for n in (50, 7, 2, 1):
        x = REAL[name][:n]
        for way in ("fft", "ifft", "fft2", "ifft2"):
            found, expected = (getattr(np.fft, way)(x), getattr(ours.fft, way)(ours.array(x)))
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
            zero = (expected.imag == 0) & (found.imag == 0)
            assert not np.any(np.signbit(np.asarray(expected.imag))[np.asarray(zero)])


@pytest.mark.parametrize("case", [case for case in CASES if case.orders], ids=str)
def test_gradients_of_halves(monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    monkeypatch.setattr(spectra, "MANY", 1)
    test_as_numpy(case)
    test_gradients(case)


def test_spectra_of_real_numbers_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many numbers are half is read when it is run."""
    monkeypatch.setattr(spectra, "MANY", 1)
    spec = ngrad.TensorSpec([None, 3], "float64")
    power = ngrad.function(lambda x: ours.abs(ours.fft.fft2(x)) ** 2, input_signature=[spec])
    x = np.random.default_rng(0).normal(size=(50, 3))
    for n in (50, 7, 8, 2, 3, 1):
        expected = np.abs(np.fft.fft2(x[:n])) ** 2
        np.testing.assert_allclose(power(x[:n]), expected, rtol=1e-12, atol=1e-12)
    # Of all sizes from 3 on one; of 2 there are no others, and 1 is a class of its own.
    assert power.traces <= 3


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
