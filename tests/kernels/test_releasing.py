"""Objects that machine code releases: as CPython would, in a fraction of the time."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import Any

import pytest

import ngrad.numpy as np
from ngrad.tensor import Tensor
from ngrad_kernels.heap_types import DEALLOC, address_in, generic_slot
from ngrad_kernels.releasing import release_quickly


class Held:
    __slots__ = ("__weakref__", "held", "link")


class Derived(Held):
    __slots__ = ("more",)


TOLD: list[Any] = []


class Named(Held):
    """With a dictionary, and a finalizer."""

    def __del__(self) -> None:
        TOLD.append(self.link)


release_quickly(Held, "link")


@pytest.mark.parametrize("kind", [Held, Derived, Named])
def test_what_it_holds_is_let_go(kind: type) -> None:
    held, thing = object(), kind()
    thing.held = thing.link = held
    seen = weakref.ref(thing)
    before, kinds = sys.getrefcount(held), sys.getrefcount(kind)
    del thing
    assert sys.getrefcount(held) == before - 2 + len(TOLD)
    assert sys.getrefcount(kind) == kinds - 1 and seen() is None
    TOLD.clear()


@pytest.mark.parametrize("kind", [Held, Derived, Named])
def test_one_that_is_half_made(kind: type) -> None:
    thing = kind()
    thing.link = None
    seen: list[Any] = []
    known = weakref.ref(thing, seen.append)
    del thing
    assert seen == [known]
    TOLD.clear()


def test_a_long_chain_fills_no_stack() -> None:
    def chain(shared: Any) -> Any:
        for _ in range(300_000):
            link, shared = shared, Held()
            shared.link = link
        return shared

    first = Held()
    seen, thing = weakref.ref(first), chain(chain(first))
    middle = thing.link
    del first, thing
    assert seen() is not None
    del middle
    assert seen() is None


def test_the_collector_finds_what_is_in_a_cycle() -> None:
    one, other = Held(), Derived()
    one.link, other.link = other, one
    seen = weakref.ref(one)
    del one, other
    gc.collect()
    assert seen() is None


def test_tensors_and_arrays_are_released_so() -> None:
    for kind in (Tensor, np.ndarray):
        assert address_in(kind, DEALLOC) != generic_slot("__len__", DEALLOC)


def test_a_class_with_more_than_slots_is_refused() -> None:
    with pytest.raises(SystemError, match="Named: has more than slots"):
        release_quickly(Named)
