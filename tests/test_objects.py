"""Python objects are let go: machine code leaves none behind, and lets go of none too often."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable
from functools import partial
from operator import setitem
from typing import Any

import numpy as np
import pytest

import ngrad
import ngrad.numpy as ours

X = ngrad.constant(np.arange(1.0, 5.0))
ARRAY = ours.array(np.arange(1.0, 5.0))
MATRIX = ours.array(np.eye(2))
INDICES = ours.array([1, 2])
FUNCTION = ngrad.function(lambda x: x * 2.0 + 1.0)


def gradient() -> Any:
    with ngrad.GradientTape() as tape:
        tape.watch(X)
        y = ngrad.reduce_sum(X * X + 2.5 * X)
    return tape.gradient(y, X)


def pending() -> None:
    """More entries than a window has, of which some are dropped."""
    y = X
    for k in range(200):
        y = y * 0.5 + float(k)
    ngrad.eval(y)


def methods() -> None:
    """Views that were taken before, those that Python is asked for, and none."""
    made = [MATRIX.ravel(), MATRIX.swapaxes(0, 1), MATRIX.T.ravel(), MATRIX.ravel(order="F")]
    refused(lambda: made.append(MATRIX.squeeze(0)))()


def elements() -> None:
    """Read and written, of an array that nobody else has, and of views of it."""
    x, k = ours.array([[1.0, 2.0], [3.0, 4.0]]), ours.int64(1)
    row, turned = x[1], x.T
    for view in (x, row, turned):
        place = (k, 0) if view.ndim == 2 else k
        view[place] = view[place]
        view[place] = 2.5
        view[k] = view[k]
        refused(partial(setitem, view, 7, 1.0))()
    copy = x.copy()
    copy.T[0] = x[0, 0]
    refused(partial(setitem, x.copy(), 0, object()))()


def numbers() -> None:
    """What loops compute of elements, in tensors and in Python's numbers."""
    x, y = ARRAY[0], ARRAY[1]
    x = 2.0 * (x + 1.0) - -y
    x += y
    made = [bool(x > y), float(x), int(x), hash(x), abs(x), range(INDICES[1]), {2: y}[INDICES[1]]]
    refused(lambda: made.append(x + object()))()


def refused(function: Callable[[], Any]) -> Callable[[], None]:
    def call() -> None:
        with contextlib.suppress(Exception):
            function()

    return call


WORK: dict[str, tuple[bool, Callable[[], Any]]] = {
    # whether it runs where it is called
    "operator": (True, lambda: X + X),
    "a number": (True, lambda: X * 2.5),
    "cells": (True, lambda: ARRAY - ARRAY),
    "several results": (True, lambda: ours.linalg.qr(MATRIX)),
    "views": (True, lambda: (ARRAY[1:3], MATRIX.T)),
    "methods that give views": (True, methods),
    "elements": (True, elements),
    "numbers": (True, numbers),
    "gather": (True, lambda: ARRAY[INDICES]),
    "sort": (True, lambda: ours.sort(ARRAY)),
    "a look": (True, lambda: np.asarray(ARRAY + 1.0)),
    "recorded": (False, lambda: np.asarray((X + X) * 2.5)),
    "dropped": (False, lambda: (X + X) * float("2.5")),
    "long": (False, pending),
    "gradient": (False, gradient),
    "function": (True, lambda: FUNCTION(X)),
    "shapes that do not fit": (True, refused(lambda: X + ngrad.zeros(3))),
    "an index that does not": (True, refused(lambda: ARRAY[7])),
    "no operand": (True, refused(lambda: X + object())),
    "memory to write to": (True, refused(lambda: np.frombuffer(MATRIX.T))),
}  # fmt: skip


@pytest.mark.parametrize("name", WORK)
def test_objects_are_let_go(name: str) -> None:
    at_once, work = WORK[name]
    before = ngrad.config.at_once()
    ngrad.config.set_at_once(ngrad.config.AT_ONCE if at_once else 0)
    try:
        grown = []
        for _ in range(4):  # other threads may have something to do, but not each time
            blocks = sys.getallocatedblocks()
            for _ in range(300):
                work()
            ngrad.eval()
            gc.collect()
            grown.append(sys.getallocatedblocks() - blocks)
        assert min(grown) < 100
    finally:
        ngrad.config.set_at_once(before)


@pytest.mark.parametrize("thing", [None, -1, 0, 2.5, X._layout, ngrad.float32])
def test_what_is_held_for_good_is_held_as_often_as_before(thing: Any) -> None:
    """One reference too few at each of many calls would free what everybody has."""
    ngrad.eval([X + X, X * 2.5])
    before = sys.getrefcount(thing)
    for _ in range(500):
        np.asarray((X * 2.5 + X)[1:])
        methods()
    ngrad.eval()
    assert abs(sys.getrefcount(thing) - before) < 100
