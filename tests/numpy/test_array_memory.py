"""Where elements lie, and what is a view of what, in expressions of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngrad.numpy as ours

EXPRESSIONS = """
[a.strides for a in (m, m.T, m[:, ::2], m[::-1], m.T.copy(), m.copy('F'), m[None, 0])]
[a.strides for a in (m.astype('f4'), (m + 1j).real, (m * 1j).T, m.view('i4'), np.array(1.0))]
[a.strides for a in (np.broadcast_to(m[0], (2, 3)), np.asfortranarray(m), np.zeros((0, 3)), m[:1])]
[(a.flags.c_contiguous, a.flags.f_contiguous) for a in (m, m.T, m[:, 1:], m[0], m.T.copy())]
[(a.flags.owndata, a.flags.writeable) for a in (m, m[0], m.T, np.broadcast_to(m, (2, 2, 3)))]
[repr(m.flags), m.T.flags['FNC'], str(m.T.flags)]
[np.zeros((3, 3, 3), order='F').strides, np.ones((2, 3, 4), order='F').flags.f_contiguous]
[np.array([1, 2], order='F', ndmin=3).flags.forc, np.full((1, 2, 1), 3, order='F').flags.forc]
[c := np.array(m[None] * [[[1.]], [[2.]]], order='F'), c.__setitem__(0, 3.), c.strides][2:]
[c := np.zeros((2, 3, 4), order='F'), c.__setitem__(0, 3.0), c.strides, c.copy('K').strides][2:]
[np.isfortran(a) for a in (m, m.T, m[0], m.T.copy(), m.copy('F'))]
[np.shares_memory(m, a) for a in (m, m.T, m[0], m.ravel(), m.T.ravel(), m.copy(), m[[0]], m + 0)]
[np.shares_memory(m[0], m[1]), np.shares_memory(x[::2], x[1::2]), np.shares_memory(x[1:], x[:2])]
[np.may_share_memory(x[::2], x[1::2]), np.may_share_memory(x[:2], x[3:]), np.shares_memory(x, [1])]
[np.may_share_memory(x[::2], x[1::2], max_work=-1), np.may_share_memory(x[1::2], x[:2], -1)]
[m.flags == x.flags, m.flags == m.T.flags, m.flags != m.T.flags, m.flags == 3, m.flags.__hash__]
[[int(v) for v in np.nditer(m.T)], [(int(a), int(b)) for a, b in np.nditer([x, x * 2])]]
tricks.as_strided(x, (4, 3), x.strides * 2).tolist()
tricks.as_strided(m, (2, 2, 2), (24, 8, 8)).sum((0, 2)).tolist()
tricks.as_strided(m, (2,), (m.strides[0] + m.strides[1],)).tolist()
tricks.as_strided(x, (3, 2), (8, 8), writeable=False).tolist()
tricks.as_strided(x, (3,), (8, 8))
"""


@pytest.mark.parametrize("text", EXPRESSIONS.strip().splitlines())
def test_as_numpy(text: str) -> None:
    def found(space: Any) -> Any:
        names = {"np": space, "tricks": space.lib.stride_tricks}
        return eval(text, names | {"x": space.arange(6), "m": space.arange(6.0).reshape(2, 3) * 1})

    try:
        expected = found(np)
    except ValueError:
        with pytest.raises(ValueError, match="as_strided: shape"):
            found(ours)
    else:
        assert found(ours) == expected


def test_what_is_not_done() -> None:
    x = ours.arange(6)
    with pytest.raises(ValueError, match="lead out of an array of 6 elements"):
        ours.lib.stride_tricks.as_strided(x, (7,), (8,))
    with pytest.raises(ValueError, match="takes an array that lies in rows"):
        ours.lib.stride_tricks.as_strided(x[::2], (2,), (8,))
    with pytest.raises(AttributeError, match="writeable is not set"):
        x.flags.writeable = False
    with pytest.raises(ValueError, match=r"as_strided: .* is read-only"):
        ours.lib.stride_tricks.as_strided(x, (2,), (8,))[0] = 1


ORDERED = """
x.astype(kind).tobytes()
x.view(kind)
np.array([1], kind).view('u1')
np.zeros(2, dtype=kind)
np.full_like(x, 1, dtype=kind)
np.arange(3, dtype=kind)
np.add(x, x, dtype=kind)
np.sum(x, dtype=kind)
"""


@pytest.mark.parametrize("kind", [">f8", np.dtype(">i2"), np.dtype("c16").newbyteorder()])
@pytest.mark.parametrize("text", ORDERED.strip().splitlines())
def test_another_order_of_bytes_is_refused(text: str, kind: Any) -> None:
    with pytest.raises(TypeError, match="another order of bytes"):
        eval(text, {"np": ours, "x": ours.arange(6), "kind": kind})


def test_what_is_in_another_order_of_bytes_comes_in() -> None:
    for kind in (">f8", ">i2", "<f8", "=i2", ">u1"):
        x = np.arange(3).astype(kind)
        for found in (ours.array(x), ours.frombuffer(x.tobytes(), kind), ours.asarray(x, "f8")):
            assert found.dtype.isnative
            assert found.tolist() == [0, 1, 2]
    assert ours.zeros(1, "<f4").dtype == ours.zeros(1, ">u1").astype("=f4").dtype == np.float32
