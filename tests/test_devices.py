"""Devices: what runs where, what moves, and what is refused; on a second device of the CPU's own
kernels (`second.py`), which refuses every address that is not its own.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from function.function_programs import PROGRAMS as FUNCTIONS
from function.function_programs import bits
from hypothesis import given, settings
from numeric import LAYOUTS, gradients, laid_out, second_gradients
from programs import PROGRAMS
from rows import ROWS
from second import second
from table import Row
from test_random_graphs import gradient, programs

import ngrad
from ngrad.errors import DeviceError
from ngrad_kernels import held

SECOND = "cuda:7"
WAYS = ("deferred", "eager", "recorded", "function", "through a function")


@pytest.fixture(autouse=True)
def device() -> Iterator[Any]:
    """The second device is there; it has no libraries, which an op may say, once."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\w+: has no form", RuntimeWarning)
        yield second()


def there(f: Callable[[], Any]) -> Any:
    """What a program gives that makes its tensors on the second device."""
    with ngrad.device(SECOND):
        return f()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (row, code)
        for row in ROWS
        for code in ("f4", "f8", "i4", "u8", "b1")
        if code[0] in row.kinds
    ],
    ids=str,
)
def test_every_op(row: Row, code: str) -> None:
    """The same bits, on the device of the operands, also where these lie otherwise in memory."""
    for shapes in row.cases:
        arrays = row.sample(shapes, code)
        expected = row.function(*map(ngrad.constant, arrays))
        found = there(lambda a=arrays: row.function(*map(ngrad.constant, a)))
        assert found.device == SECOND
        assert bits(found) == bits(expected)
        for how in LAYOUTS:
            other = there(lambda a=arrays, h=how: row.function(*(laid_out(x, h) for x in a)))
            assert bits(other) == bits(expected)


@pytest.mark.parametrize("row", [row for row in ROWS if row.smooth], ids=str)
def test_derivatives_of_every_op(row: Row) -> None:
    for k, shapes in enumerate(row.cases):
        arrays = row.sample(shapes, row.wide[0])
        for derivative in (gradients, second_gradients)[: 1 if k else 2]:
            found = there(lambda a=arrays, d=derivative: d(row.function, [*map(ngrad.constant, a)]))
            expected = derivative(row.function, [*map(ngrad.constant, arrays)])
            assert [g.device for g in found] == [SECOND] * len(found)
            # The first asks BLAS for other products; of SciPy's function it depends on where memory
            # lies which kernels its BLAS takes.
            if row.op in ("windows_matmul", "logm"):
                for x, y in zip(found, expected, strict=True):
                    np.testing.assert_allclose(x.numpy(), y.numpy(), 1e-12, 1e-14)
                continue
            assert bits(found) == bits(expected)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_programs_of_tapes(program: Any) -> None:
    expected = bits(program(lambda x: x))
    assert bits(there(lambda: program(lambda x: x))) == expected
    assert bits(there(lambda: program(_looked))) == expected


def _looked(x: Any) -> Any:
    for leaf in x if isinstance(x, (list, tuple)) else [x]:
        if leaf is not None:
            ngrad.eval(leaf)
    return x


# Two hold a tensor that their module made, on the CPU.
@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - {"captured", "jacobian"}))
def test_functions(name: str) -> None:
    """A function is recorded, and replayed, where its arguments lie."""
    x = np.linspace(-1.0, 1.0, 3, dtype=np.float32)

    def calls() -> Any:
        f = ngrad.function(FUNCTIONS[name]())
        return [f(ngrad.constant(x)), f(ngrad.constant(2 * x))]

    ngrad.set_random_seed(5)
    expected = bits(calls())
    ngrad.set_random_seed(5)
    assert bits(there(calls)) == expected


@settings(max_examples=25)
@given(programs())
def test_random_programs(program: Any) -> None:
    steps, arrays = program
    expected = [g.tobytes() for g in gradient(steps, arrays, 2, "deferred")]
    for way in WAYS:
        found = there(lambda way=way: gradient(steps, arrays, 2, way))
        assert [g.tobytes() for g in found] == expected, way


@pytest.mark.parametrize(
    "count",
    [
        lambda x: ngrad.sequence_mask(x, 4),
        lambda x: ngrad.math.bincount(x, axis=-1),
        lambda x: ngrad.math.bincount(x, ngrad.cast(x, "float32"), 7, axis=-1),
    ],
    ids=["sequence_mask", "bincount", "weights"],
)
def test_counts_are_where_the_integers_are(count: Any) -> None:
    """Also where new tensors are not made."""
    x = np.array([[3, 1, 3], [0, 2, 2]])
    found = count(there(lambda: ngrad.constant(x)))
    assert found.device == SECOND
    assert bits(found) == bits(count(ngrad.constant(x)))


@pytest.mark.parametrize("value", [2.0, np.arange(3.0)], ids=["number", "array"])
def test_assignment_looks_at_nothing(value: Any) -> None:
    """Elements are written on the device of their array: nothing waits for it."""
    import ngrad.numpy as tnp

    with ngrad.device(SECOND):
        x, new = tnp.zeros(6) + 1.0, tnp.asarray(value)
        index = tnp.asarray([4, 0, 2])
        ngrad.eval([x._read(), new._read(), index._read()])
        counts = second().target.counts
        before = counts["out"]
        x[::2] = new
        x[...] = x + 1.0
        x[index] = value
        assert counts["out"] == before
    expected = np.ones(6)
    expected[::2] = value
    expected += 1.0
    expected[[4, 0, 2]] = value
    assert x.tolist() == expected.tolist()


def test_fused_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fused kernels are the device's, and what it computes is what the CPU does."""
    before = ngrad.config.fusion()
    ngrad.config.set_fusion("wait")
    try:
        arrays = [np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4) * k for k in (1, 2, 3)]

        def program() -> Any:
            x, y, z = map(ngrad.constant, arrays)
            for _ in range(3):  # the third is fused
                with ngrad.GradientTape() as tape:
                    tape.watch([x, y, z])
                    h = ngrad.nn.softmax(ngrad.tanh(x * y + z[::-1]) * 2.0)
                    loss = ngrad.reduce_sum(h * ngrad.exp(-x))
                slopes = tape.gradient(loss, [x, y, z])
            return loss, slopes

        launches = ngrad.stats().launches
        found = there(program)
        assert ngrad.stats().launches > launches
        assert bits(found) == bits(program())
    finally:
        ngrad.config.set_fusion(before)


# -- what is where ---------------------------------------------------------------------------------


def test_tensors_are_made_on_the_current_device() -> None:
    with ngrad.device("/GPU:7"):
        made = [
            ngrad.constant([1.0]),
            ngrad.zeros([2]),
            ngrad.Variable([1.0, 2.0]),
            ngrad.eye(2),
            ngrad.range(3),
            ngrad.random.normal([3]),
            ngrad.one_hot([0, 1], 2),
            ngrad.convert_to_tensor(np.ones(2)),
        ]
        with ngrad.device("cpu"):
            assert ngrad.constant(1.0).device == "cpu"
    assert {x.device for x in made} == {SECOND}
    assert ngrad.constant(1.0).device == "cpu"
    ngrad.set_default_device(SECOND)
    try:
        assert ngrad.constant(1.0).device == SECOND
    finally:
        ngrad.set_default_device("cpu")


def test_random_numbers_do_not_depend_on_the_device() -> None:
    draws = [
        lambda: ngrad.random.stateless_normal([5], [1, 2]),
        lambda: ngrad.random.stateless_uniform([5], [1, 2], maxval=9, dtype=ngrad.int32, minval=0),
        lambda: ngrad.random.stateless_gamma([5], [1, 2], 0.7),
        lambda: ngrad.random.stateless_categorical([[0.1, 0.9]], 5, [1, 2]),
    ]
    for draw in draws:
        assert bits(there(draw)) == bits(draw())


def test_moving() -> None:
    x = ngrad.constant([[1.0, 2.0], [3.0, 4.0]])
    far = x.to_device(SECOND)
    assert (far.device, far.cpu().device, far.to_device(SECOND) is far) == (SECOND, "cpu", True)
    assert x.cpu() is x
    assert bits([far, ngrad.transpose(far).cpu()]) == bits([x, ngrad.transpose(x)])
    assert ngrad.zeros([0, 3]).to_device(SECOND).numpy().shape == (0, 3)
    v = ngrad.Variable([1.0])
    assert v.to_device(SECOND).device == SECOND


def test_gradients_go_back_the_way_that_values_came() -> None:
    x, w = ngrad.constant([1.0, 2.0]), ngrad.constant(3.0)
    with ngrad.GradientTape() as tape:
        tape.watch([x, w])
        y = ngrad.reduce_sum(x.to_device(SECOND) ** 2 * w)  # w, of no axes, comes by itself
    assert y.device == SECOND
    slopes = tape.gradient(y, [x, w])
    assert [g.device for g in slopes] == ["cpu"] * 2
    assert [g.numpy().tolist() for g in slopes] == [[6.0, 12.0], 5.0]


def test_what_has_no_axes_comes_from_the_cpu() -> None:
    far = there(lambda: ngrad.constant([1.0, 2.0]))
    assert (far * ngrad.constant(2.0)).device == SECOND
    assert (ngrad.constant(2.0) * far).numpy().tolist() == [2.0, 4.0]
    assert (far + np.array([1.0, 1.0], np.float32)).device == SECOND
    assert (2.0 - far).device == SECOND


def test_operands_on_several_devices_are_refused() -> None:
    near, far = ngrad.constant([1.0, 2.0]), there(lambda: ngrad.constant([1.0, 2.0]))
    number = there(lambda: ngrad.constant(1.0))
    for f in (
        lambda: near + far,
        lambda: ngrad.concat([near, far], 0),
        lambda: near * number,  # a number on the other device does not come by itself
        lambda: ngrad.matmul(near[None], far[:, None]),
    ):
        with pytest.raises(DeviceError, match=r"cpu and cuda:7|cuda:7 and cpu"):
            f()


def test_a_mask_is_read_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.arange(5000.0)
    mask, read, counted = there(lambda: ngrad.constant(x % 3 == 0)), [], held.counted
    monkeypatch.setattr(held, "counted", lambda at, size: read.append(at) or counted(at, size))
    found = ngrad.boolean_mask(ngrad.constant(x), mask)
    assert found.device == "cpu" and found.numpy().tolist() == x[::3].tolist()
    assert mask._at not in read


def test_a_copy_lies_where_the_original_does() -> None:
    x = there(lambda: ngrad.constant([1.0, 2.0]))
    held = {"x": x, "variable": ngrad.Variable(x)}
    assert {copy.deepcopy(held)[key].device for key in held} == {SECOND}
    assert bits(copy.deepcopy(x)) == bits(x)


def test_streams_that_a_gpus_memory_is_given_to() -> None:
    x = there(lambda: ngrad.constant([1.0, 2.0]))
    for stream in (None, -1, 1, 2):
        x.__dlpack__(stream=stream)
    with pytest.raises(ValueError, match="__dlpack__: stream 0 is ambiguous"):
        x.__dlpack__(stream=0)


@pytest.mark.parametrize("name", ["tpu:0", "cuda:", "cpu:1", "", None, 3])
def test_names_of_no_device(name: Any) -> None:
    with pytest.raises(DeviceError, match="device: "):
        ngrad.device(name).__enter__()


def test_a_device_that_cannot_be_had_says_why() -> None:
    with pytest.raises(DeviceError, match="cuda:5 cannot be used"):
        ngrad.constant(1.0).to_device("cuda:5")
    assert ngrad.list_devices()[0] == "cpu"


def test_an_op_that_runs_on_the_cpu_says_so_once() -> None:
    from ngrad.ops import transfer

    x = there(lambda: ngrad.eye(2) * 4.0)
    transfer._warned.discard("cholesky")
    with pytest.warns(RuntimeWarning, match="cholesky: has no form for cuda"):
        ngrad.linalg.cholesky(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ngrad.linalg.cholesky(x[None]).device == SECOND


def test_numbers_are_computed_where_they_are_needed() -> None:
    """What a function asks for at each call too: nothing is brought from the CPU."""
    x = ngrad.constant([1.0, 2.0])

    def program(x: Any, rate: float) -> Any:
        share = rate / (1.0 + rate * rate)
        return x * share + ngrad.square(rate) * x

    def slope(f: Any, x: Any, rate: float) -> Any:
        with ngrad.GradientTape() as tape:
            tape.watch(x)
            y = f(x, rate) * x
        return tape.gradient(y, x)

    f, there = ngrad.function(program), x.to_device(SECOND)
    for rate in (0.5, 0.25, 0.5):
        assert bits(f(there, rate)) == bits(f(x, rate))
        assert bits(slope(f, there, rate)) == bits(slope(f, x, rate))
    assert "to_device" not in f.pretty(there, 0.5)
    open_sizes = ngrad.function(
        lambda x: x * (1.0 / x.shape[0]), input_signature=[ngrad.TensorSpec([None])]
    )
    for n in (4, 5):
        values = ngrad.constant(np.arange(n, dtype=np.float32))
        assert bits(open_sizes(values.to_device(SECOND))) == bits(open_sizes(values))
