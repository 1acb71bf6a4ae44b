"""The window of the thread that asks, for machine code. Python finds an attribute of a
`threading.local` by way of two dictionaries, a tenth of what an operation on a small array takes;
so the one in which the last thread that asked has its attributes is kept.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from llvmlite import ir

from ngrad_kernels.machine import POINTER, WORD, WORDS, Code

WINDOW, ATTRIBUTES = map(sys.intern, ("window", "__dict__"))
_last = (ctypes.c_int64 * 2)()
"""The number of a thread, of which there is never another, or 0; and a dictionary, which is held:
what a thread leaves behind may ask on its way out.
"""


def _write_window(module: ir.Module, state: Any) -> ir.Function:
    """window(): the thread's `state.window`, held; null if that raised."""
    it = Code(module, "window", POINTER)
    builder = it.builder
    last = builder.inttoptr(WORD(ctypes.addressof(_last)), WORDS)
    number, kept = (builder.gep(last, [WORD(k)]) for k in range(2))
    here = builder.call(it.external("PyThreadState_Get", POINTER), [])
    thread = builder.call(it.external("PyThreadState_GetID", WORD, POINTER), [here])
    attributes = builder.alloca(WORD)
    builder.store(builder.load(kept), attributes)
    new = builder.icmp_signed("!=", thread, builder.load(number))
    with builder.if_then(new, likely=False):
        own = it.attribute(it.known(state), ATTRIBUTES)
        before = builder.inttoptr(builder.load(kept), POINTER)
        builder.store(builder.ptrtoint(own, WORD), attributes)
        builder.store(builder.load(attributes), kept)
        builder.store(thread, number)
        it.let_go(before)  # null at first, which is fine; other threads may run here, and ask
    find = it.external("PyDict_GetItemWithError", POINTER, POINTER, POINTER)
    where = builder.inttoptr(builder.load(attributes), POINTER)
    found = builder.call(find, [where, it.known(WINDOW)])
    with builder.if_then(it.is_null(found), likely=False):
        builder.ret(it.attribute(it.known(state), WINDOW))
    it.hold(found)
    builder.ret(found)
    return it.function


def window_of(it: Code, state: Any, *held: Any, otherwise: Any = None) -> Any:
    """Code that gives the window of a thread, from its `state`, held; if that raises, it lets go of
    what is held, and returns this, or null.
    """
    find = it.module.globals.get("window") or _write_window(it.module, state)
    found = it.builder.call(find, [])
    it.unless_null(found, otherwise or POINTER(None), *held)
    return found
