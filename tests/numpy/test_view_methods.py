"""Methods that give views, found in machine code the second time: as in Python the first."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours
from ngrad.numpy.methods import VIEWS

CALLS = """
m.ravel(), m.ravel('F'), m.ravel('K'), m.ravel(order='F'), m.T.ravel(), f.ravel(), m[1:].ravel()
e.squeeze(), e.squeeze(0), e.squeeze((0, 3)), e.squeeze(axis=-1), e[0].squeeze(), e.squeeze(-1)
m.swapaxes(0, 1), m.swapaxes(-1, 0), m.ravel(order='C'), m[:, 1:].swapaxes(0, 1)
m.swapaxes(0, 0), m.swapaxes(True, 0), e.swapaxes(1, 3), e.swapaxes(3, 2)
m.diagonal(), m.diagonal(1), m.diagonal(-1), m.diagonal(True), m.diagonal(offset=1)
e.diagonal(0, 1, 2), e.diagonal(0, 2, 1), m.diagonal(np.int64(1)), m.T.diagonal(1)
m.transpose(), m.transpose(0, 1), m.transpose((1, 0)), m.transpose(None), f.transpose()
e.transpose(1, 0, 3, 2), e.transpose(3, 2, 1, 0), e.transpose(0, -3, 2, -1)
m.view(), m.view('i8'), m.view(m.dtype), m.view(dtype='f4'), f.view(), m.T.view()
m.reshape(4, 3), m.reshape(-1), m.reshape(-1, 6), m.reshape(3, 4), m.reshape(3, 2, True * 2)
m.reshape((4, 3)), m.reshape([2, 6]), m.reshape(4, 3, order='F'), m.reshape(np.int64(12))
m.T.reshape(3, 4), f.reshape(12), m[1:].reshape(8), m[:, 1:].reshape(9), n.reshape(2, 0)
o.reshape(1, 1), o.reshape(-1), o.reshape(())
o.ravel(), o.squeeze(), o.transpose(), o.view(), n.ravel(), n.squeeze(), n.diagonal(), n.view()
"""
WRONG = [
    "m.ravel(1)", "m.ravel('C', 2)", "m.ravel(sort=1)", "m.squeeze(0)", "m.squeeze(5)",
    "m.swapaxes()", "m.swapaxes(0)", "m.swapaxes(0, 2)", "m.diagonal(0, 0, 0)",
    "m.diagonal(0, 0, 2)", "m.reshape()", "m.reshape(5)", "m.reshape(-1, -1)",
    "m.reshape(True, 12)", "m.reshape(-1, 5)", "m.reshape(3, 4, 'F')", "m.transpose(0, 0)",
    "m.transpose(0)", "m.view(3)", "x.diagonal()",
]  # fmt: skip
every_method = pytest.mark.parametrize("name", VIEWS)


def _arrays(space: Any) -> dict[str, Any]:
    x = space.arange(12.0)
    m = x.reshape(3, 4) * 1
    return {
        "np": space, "x": x * 1, "m": m, "e": m.reshape(1, 3, 4, 1) * 1, "f": m.copy("F"),
        "o": space.array(3.0), "n": space.zeros((0, 2)),
    }  # fmt: skip


def _told(space: Any, calls: str) -> list[Any]:
    """What is given, how it lies, and whether it shows what is assigned to the array."""
    names = _arrays(space)
    views = eval(f"[{calls}]", names)
    told = [(x.tolist(), x.shape, x.strides, str(x.dtype)) for x in views]
    for name in "mefn":
        names[name][...] = 7.0
    return [*told, [x.tolist() for x in views]]


@pytest.mark.parametrize("calls", CALLS.strip().splitlines())
def test_each_time_as_numpy(calls: str) -> None:
    expected = _told(np, calls)
    for _ in range(3):
        assert _told(ours, calls) == expected


@pytest.mark.parametrize("call", WRONG)
def test_wrong_calls_raise_each_time(call: str) -> None:
    names, said = _arrays(ours), set()
    eval("[m.ravel(), m.squeeze(), m.swapaxes(0, 1), m.diagonal(), m.transpose(), m.view()]", names)
    for _ in range(3):
        with pytest.raises((TypeError, ValueError, IndexError)) as raised:
            eval(call, names)
        said.add(str(raised.value))
    (text,) = said
    assert call.split(".")[1].split("(")[0] in text


@every_method
def test_it_says_of_itself_what_the_function_does(name: str) -> None:
    method, bound = getattr(ours.ndarray, name), getattr(ours.arange(3), name)
    function = method.__wrapped__
    assert str(inspect.signature(method)) == str(inspect.signature(function))
    assert (
        list(inspect.signature(bound).parameters) == [*inspect.signature(function).parameters][1:]
    )
    assert (method.__doc__, bound.__doc__, method.__name__) == (*[function.__doc__] * 2, name)
    assert f"\n{name}(" in pydoc.plain(pydoc.render_doc(method))


@every_method
def test_it_is_copied_and_sent_by_its_name(name: str) -> None:
    method = getattr(ours.ndarray, name)
    assert pickle.loads(pickle.dumps(method)) is copy.deepcopy(method) is method


def test_it_takes_what_its_function_takes() -> None:
    assert ours.ndarray.ravel([[1, 2], [3, 4]]).tolist() == [1, 2, 3, 4]
    assert [*map(ours.ndarray.squeeze, ours.ones((2, 1, 3)))][1].shape == (3,)
    with pytest.raises(TypeError, match="argument"):
        ours.ndarray.ravel()


def test_a_recording_reads_it_anew() -> None:
    m = ours.arange(6.0).reshape(2, 3) * 1
    for _ in range(3):
        m.ravel()
    recorded = ngrad.function(lambda z: z.ravel()[1:] * 2)
    for k in range(3):
        assert recorded(m + k).tolist() == [2.0 * (i + k) for i in range(1, 6)]
