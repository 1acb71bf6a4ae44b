"""Types with slots in machine code, made as an extension makes them: `PyType_FromSpec` of CPython's
stable ABI. Classes derive from them.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from types import MemberDescriptorType
from typing import Any

GET_BUFFER, ASSIGN, SUBSCRIPT, ASSIGN_ITEM, ITEM = 1, 3, 5, 39, 44
CALL, DEALLOC, GET, DOC, MEMBERS, FREE = 50, 52, 54, 56, 72, 74
"""Slots: `Py_bf_getbuffer`, `Py_mp_ass_subscript`, `Py_mp_subscript`, `Py_sq_ass_item`,
`Py_sq_item`; `Py_tp_call`, `Py_tp_dealloc`, `Py_tp_descr_get`, `Py_tp_doc`, `Py_tp_members`,
`Py_tp_free`.
"""
BASE_TYPE, HAS_VECTORCALL, METHOD_DESCRIPTOR = 1 << 10, 1 << 11, 1 << 17
OBJECT, SIZE = 16, 19  # `T_OBJECT_EX`: an attribute that may be unset; `T_PYSSIZET`
READ_ONLY = 1
WORD = ctypes.sizeof(ctypes.c_void_p)


class _Slot(ctypes.Structure):
    _fields_ = (("slot", ctypes.c_int), ("value", ctypes.c_void_p))


class _Member(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("kind", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_void_p),
    )


class _Spec(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("size", ctypes.c_int),
        ("item", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    )


_kept: list[Any] = []  # CPython keeps pointers to names


def heap_type(
    name: str,
    doc: str,
    slots: dict[int, int],
    members: Sequence[str] = (),
    *,
    vectorcall: bool = False,
) -> Any:
    """A type whose objects have some members and nothing else.

    The search for cycles does not go through its members: these must be part of none.

    Parameters
    ----------
    name : str
        With that of its module.
    doc : str
        Its own, unless its objects have theirs: a member `__doc__`.
    slots : dict
        Addresses of functions, by slot.
    members : sequence of str
        The first lies right after what every object has, at `offset(0)`; and so on.
    vectorcall : bool
        Whether its objects are called by an address that is put after the members; its slots have
        `CALL`, too.
    """
    end = offset(len(members))
    told = [(member, OBJECT, offset(k), 0) for k, member in enumerate(members)]
    if vectorcall:
        told.append(("__vectorcalloffset__", SIZE, end, READ_ONLY))
    texts = [ctypes.create_string_buffer(x.encode()) for x in (name, doc, *(m[0] for m in told))]
    table = (_Member * (len(told) + 1))(
        *(
            _Member(ctypes.addressof(text), *how, None)
            for text, (_, *how) in zip(texts[2:], told, strict=True)
        )
    )
    own = {MEMBERS: ctypes.addressof(table)}
    if "__doc__" not in members:
        own[DOC] = ctypes.addressof(texts[1])
    filled = (_Slot * (len(slots) + 3))(*(_Slot(*item) for item in (slots | own).items()))
    size, flags = (end + WORD, BASE_TYPE | HAS_VECTORCALL) if vectorcall else (end, BASE_TYPE)
    if vectorcall and GET in slots:  # Python calls it with the object first, and binds nothing
        flags |= METHOD_DESCRIPTOR
    spec = _Spec(ctypes.addressof(texts[0]), size, 0, flags, filled)
    _kept.append((texts, table))
    make = ctypes.pythonapi.PyType_FromSpec
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p]
    return make(ctypes.addressof(spec))


def offset(k: int) -> int:
    """Where the member of a number lies in an object."""
    return object.__basicsize__ + k * WORD


@functools.cache
def offsets(kind: Any) -> dict[str, int]:
    """Where the slots of a class lie in its objects, in bytes: each is set to a mark, which is then
    looked for.
    """
    thing, found = kind.__new__(kind), {}
    words = (ctypes.c_void_p * (kind.__basicsize__ // WORD)).from_address(id(thing))
    for base in kind.__mro__:
        for name, descriptor in vars(base).items():
            if type(descriptor) is MemberDescriptorType:
                mark = object()
                setattr(thing, name, mark)
                found[name] = list(words).index(id(mark)) * WORD
                delattr(thing, name)
    return found


def replace_slot(kind: type, before: int, now: int) -> None:
    """Put the address of a function in place of another in the slots of a class that have it, as
    inherited. Classes derived from it later have the new one, or from Python 3.12 on the one
    before, which must do the same.
    """
    size: int = type.__basicsize__  # type: ignore[assignment]  # that of a class, not of its objects
    words = (ctypes.c_void_p * (size // WORD)).from_address(id(kind))
    places = [k for k, word in enumerate(words) if word == before]
    if not places:
        raise SystemError(f"no slot of {kind.__name__} has what is to be replaced")
    for k in places:
        words[k] = now


def generic_slot(name: str, slot: int) -> int:
    """The address of what CPython has in a slot of a class with a method of a name in Python."""
    address = address_in(type("Any", (), {name: lambda *_: None}), slot)
    if address is None:
        raise SystemError(f"slot {slot} is not that of {name}")
    return address


def address_in(kind: type, slot: int) -> int | None:
    """The address of the function in a slot of a class."""
    take = ctypes.pythonapi.PyType_GetSlot
    take.restype, take.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_int]
    address: int | None = take(kind, slot)
    return address
