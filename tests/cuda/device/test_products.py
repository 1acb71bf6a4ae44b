"""Matrix products: the tiled kernel and cuBLAS, over operands that lie in every way that products
are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from device_work import get_array, put_array
from hypothesis import given, settings
from hypothesis import strategies as st
from library_doubles import DOUBLES
from products import CODES, WAYS, Array, assert_close, laid_out, numbers, owner, product_of

import ngrad
from ngrad.devices import device_of
from ngrad.dtypes import DType
from ngrad.ops.matmul import MATMUL
from ngrad_kernels.choices import choices
from ngrad_kernels.cuda.libraries import Libraries
from ngrad_kernels.cuda.target import CudaTarget


def multiplied(libraries: Libraries, x: Array, y: Array) -> Array:
    """x @ y on a device, both read where they lie."""
    target, product = libraries.target, product_of(x, y)
    work = libraries.product(product)
    held, places = [], []
    for a in (x, y):
        whole = owner(a)
        held.append(put_array(target, whole))
        places.append(held[-1].address + a.ctypes.data - whole.ctypes.data)
    shape = (*product.batch, product.rows, product.columns)
    out = target.pool.take(x.dtype.itemsize * math.prod(shape))
    target.launch(work.kernel, work.facts, work.n, work.grain, [*places, out.address])
    return get_array(target, out, shape, x.dtype)


@pytest.fixture(scope="module", params=["tiles", "cublas"])
def libraries(request: pytest.FixtureRequest, open_target: Callable[..., CudaTarget]) -> Libraries:
    """A device with the libraries that there are, or with doubles, and one with none."""
    target = open_target(0)
    if request.param == "tiles":
        return Libraries(target, lambda name: None)
    return with_libraries(target)


def with_libraries(target: CudaTarget) -> Libraries:
    """A device's libraries: those that there are on a GPU, doubles on the simulator."""
    from ngrad_kernels.cuda import devices

    if not devices.simulated():
        if target.libraries.bindings("cublas") is None:
            pytest.skip("no cuBLAS is installed")
        return target.libraries

    def streams() -> Iterator[Any]:
        return (stream.handle for stream in target.streams.all)

    made = {name: double(streams) for name, double in DOUBLES.items()}
    target.libraries = Libraries(target, made.get)
    return target.libraries


@pytest.mark.parametrize("code", CODES)
def test_every_dtype(libraries: Libraries, code: str) -> None:
    x, y = numbers((2, 5, 7), code, 1), numbers((2, 7, 6), code, 2)
    assert_close(multiplied(libraries, x, y), x, y)


@settings(max_examples=20, deadline=None)
@given(
    sizes=st.tuples(*[st.integers(1, 9)] * 2, st.integers(0, 9)),
    batch=st.sampled_from([(), (3,), (2, 2), (1, 2)]),
    ways=st.tuples(st.sampled_from(WAYS), st.sampled_from(WAYS)),
    code=st.sampled_from(["f4", "f8", "i4"]),
)
def test_any_sizes_and_strides(
    libraries: Libraries, sizes: Any, batch: Any, ways: Any, code: str
) -> None:
    rows, columns, depth = sizes
    x = laid_out(rows, depth, batch, ways[0], code, 1)
    y = laid_out(depth, columns, batch, ways[1], code, 2)
    assert_close(multiplied(libraries, x, y), x, y)


def test_batches_that_lie_apart(libraries: Libraries) -> None:
    """Operands that each repeat along another axis: no one step leads from product to product."""
    x = np.broadcast_to(numbers((3, 1, 2, 4), "f8", 1), (3, 2, 2, 4))
    y = np.broadcast_to(numbers((1, 2, 4, 3), "f8", 2), (3, 2, 4, 3))
    assert_close(multiplied(libraries, x, y), x, y)


def test_more_than_a_tile(libraries: Libraries) -> None:
    x, y = numbers((37, 21), "f4", 1), numbers((21, 35), "f4", 2)
    assert_close(multiplied(libraries, x, y), x, y)


def test_tiles_add_in_the_order_of_the_depth(open_target: Callable[..., CudaTarget]) -> None:
    """By fma: the bits of the CPU's doing the same, whatever the strides, tiles and grid."""
    from ngrad_kernels.cuda import devices, doubles

    shapes = [{}] if not devices.simulated() else [{}, {"threads": 64, "blocks": 3}]
    x, y = numbers((33, 19), "f8", 1), numbers((19, 18), "f8", 2)
    exact = np.zeros((33, 18))
    if devices.simulated():
        fma = doubles.NAMESPACE["fma"]
        for i, j in np.ndindex(exact.shape):
            for k in range(19):
                exact[i, j] = fma(x[i, k], y[k, j], exact[i, j])
    for options in shapes:
        libraries = Libraries(open_target(0, **options), lambda name: None)
        found = multiplied(libraries, x, y)
        if devices.simulated():
            np.testing.assert_array_equal(found, exact)
        turned = multiplied(libraries, np.ascontiguousarray(x.T).T, y)
        np.testing.assert_array_equal(turned, found)


def test_precision_is_named(open_target: Callable[..., CudaTarget]) -> None:
    libraries = with_libraries(open_target(0))
    cublas = libraries.bindings("cublas")
    x, y = numbers((4, 4), "f4", 1), numbers((4, 4), "f4", 2)
    try:
        for name in ("float32", "tf32"):
            choices.precision = name
            found = multiplied(libraries, x, y)
            np.testing.assert_allclose(found, x @ y, rtol=0, atol=1e-2 if name == "tf32" else 1e-5)
    finally:
        choices.precision = "float32"
    if hasattr(cublas, "computed"):
        names = [compute.name for compute in cublas.computed]
        assert names == ["COMPUTE_32F", "COMPUTE_32F_FAST_TF32"]


@pytest.mark.parametrize("half", [ngrad.float16, ngrad.bfloat16], ids=str)
def test_floats_of_two_bytes(half: DType) -> None:
    """By the library as they lie, transposed ones too, with sums in float32; and by way of float32
    where it is not there.
    """
    x, y = numbers((33, 70), "f4", 1), numbers((33, 5), "f4", 2)
    target = device_of("cuda:0").target
    before, found = target.libraries, []
    try:
        for libraries in (Libraries(target, lambda name: None), with_libraries(target)):
            target.libraries = libraries
            with ngrad.device("cuda:0"):
                a, b = (ngrad.cast(ngrad.constant(v), half) for v in (x, y))
                found.append(ngrad.linalg.matmul(a, b, transpose_a=True))
                found[-1].numpy()
            given = any(key[1][0].dtype is half for key in MATMUL.calls)
            assert given == libraries.halves
    finally:
        target.libraries = before
        for key in [key for key in MATMUL.calls if key[1][0].dtype is half]:
            del MATMUL.calls[key]
    one, other = (v.numpy().astype(np.float64) for v in found)
    rounded = [v.astype(half.numpy_dtype).astype(np.float64) for v in (x, y)]
    exact = rounded[0].T @ rounded[1]
    eps = float(half.finfo.eps)
    for result in (one, other):
        assert found[0].dtype is found[1].dtype is half
        np.testing.assert_allclose(result, exact, rtol=0.51 * eps, atol=1e-5)


def test_what_a_warm_product_asks_for(open_target: Callable[..., CudaTarget]) -> None:
    """Nothing of the driver but its launch, or nothing at all where a library does it."""
    target = open_target(0)
    x = y = numbers((4, 4), "f4", 1)
    for libraries in (Libraries(target, lambda name: None), with_libraries(target)):
        buffers = [put_array(target, a) for a in (x, y, x)]
        work = libraries.product(product_of(x, y))
        addresses = [buffer.address for buffer in buffers]
        target.launch(work.kernel, work.facts, work.n, work.grain, addresses)
        before = dict(target.counters)
        for _ in range(3):
            target.launch(work.kernel, work.facts, work.n, work.grain, addresses)
        after = dict(target.counters)
        launches = 3 if work.kernel > 0 else 0
        assert after.pop("launches") - before.pop("launches") == launches
        assert after == before
