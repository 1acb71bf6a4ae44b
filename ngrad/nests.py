"""Nests of tensors in lists, tuples, dicts and what else optree knows.

To take one apart takes up to a kilobyte of the stack for each level, and optree goes down a
thousand. A thread may have 128: in such a one it is asked first how deep a nest is.
"""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import optree

from ngrad.errors import NestError
from ngrad.graph.layout import AXES

KINDS = (list, tuple, dict, deque)
LARGE = 1 << 22
"""Bytes of a stack on which any nest that optree takes can be taken apart."""


class _Thread(threading.local):
    """What a thread knows of itself."""

    def __init__(self) -> None:
        self.small = _stack() < LARGE


def _stack() -> int:
    """Bytes of this thread's stack; 0 where the system does not say."""
    system = ctypes.CDLL(None)
    attributes, begin = ctypes.create_string_buffer(256), ctypes.c_void_p()
    size = ctypes.c_size_t()
    try:
        system.pthread_self.restype = ctypes.c_void_p
        own = ctypes.c_void_p(system.pthread_self())
        if system.pthread_getattr_np(own, attributes):
            return 0
    except AttributeError:
        return 0
    system.pthread_attr_getstack(attributes, ctypes.byref(begin), ctypes.byref(size))
    system.pthread_attr_destroy(attributes)
    return size.value


_thread = _Thread()


def require_shallow(nest: Any, what: str = "nest") -> None:
    """Raise of lists, tuples and dicts within one another that are deeper than arrays may be.

    Raises
    ------
    NestError
        Also of a nest that is in itself.

    Examples
    --------
    >>> require_shallow([1.0, (2.0, {"x": []})])
    """
    level: list[Any] = [nest]
    for _ in range(AXES + 4):  # arguments are in a tuple, and that with others in another
        if not any(issubclass(kind, KINDS) for kind in set(map(type, level))):
            return
        inner: list[Any] = []
        for x in level:
            if isinstance(x, dict):
                inner += x.values()
            elif isinstance(x, KINDS):
                inner += x
        level = inner
    raise too_deep(what, AXES)


def too_deep(what: str, most: int) -> NestError:
    """The error for a nest of more levels."""
    return NestError(
        f"{what}: lists, tuples and dicts are nested in one another at most {most} deep; flatten "
        "them"
    )


def flatten(
    nest: Any, what: str = "nest", none_is_leaf: bool = False, namespace: str = ""
) -> tuple[list[Any], Any]:
    """The leaves of a nest, and its structure, as optree has them."""
    if _thread.small:
        require_shallow(nest, what)
    try:
        leaves, structure = optree.tree_flatten(
            nest, none_is_leaf=none_is_leaf, namespace=namespace
        )
    except RecursionError:
        raise too_deep(what, optree.MAX_RECURSION_DEPTH) from None
    return leaves, structure


def leaves_of(nest: Any, what: str = "nest", none_is_leaf: bool = False) -> list[Any]:
    """The leaves of a nest."""
    if _thread.small:
        require_shallow(nest, what)
    try:
        return optree.tree_leaves(nest, none_is_leaf=none_is_leaf)
    except RecursionError:
        raise too_deep(what, optree.MAX_RECURSION_DEPTH) from None


def over_leaves(
    function: Callable[..., Any],
    nest: Any,
    *rest: Any,
    what: str = "nest",
    none_is_leaf: bool = False,
) -> Any:
    """A nest of what a function gives for leaves of one, and for those of others that are alike."""
    if _thread.small:
        require_shallow((nest, *rest), what)
    return optree.tree_map(function, nest, *rest, none_is_leaf=none_is_leaf)
