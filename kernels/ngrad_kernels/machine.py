"""Functions in machine code, written in LLVM's terms: those that Python calls, with arguments as
`METH_FASTCALL` passes them, and what these call.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

from ngrad_kernels.loader import engine
from ngrad_kernels.probes import probed

BIT, BYTE, INT, WORD = (ir.IntType(n) for n in (1, 8, 32, 64))
POINTER, WORDS = BYTE.as_pointer(), WORD.as_pointer()
KERNEL = ir.FunctionType(ir.VoidType(), [WORDS, WORD, WORD]).as_pointer()
MOST = 1 << 12
"""Operands and results of which a function has what it knows of each on the stack."""


if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise ImportError("ngrad needs a Python with its global lock: see `python -X gil=1`")

_known: dict[int, Any] = {}  # objects that machine code has the addresses of, by these


class Code:
    """A function under construction, of C's kind."""

    def __init__(self, module: ir.Module, name: str, result: ir.Type, *arguments: ir.Type) -> None:
        self.module = module
        self.function = probed(ir.Function(module, ir.FunctionType(result, arguments), name))
        self.builder = ir.IRBuilder(self.function.append_basic_block())

    def external(self, name: str, result: ir.Type, *arguments: ir.Type) -> ir.Function:
        found = self.module.globals.get(name)
        return found or ir.Function(self.module, ir.FunctionType(result, arguments), name)

    def allocate(self, words: Any) -> Any:
        return self.builder.alloca(WORD, size=words if isinstance(words, ir.Value) else WORD(words))

    @contextmanager
    def loop(self, stop: Any, step: Any = None) -> Iterator[Any]:
        """Code for i in range(0, stop, step)."""
        builder = self.builder
        with builder.goto_entry_block():  # elsewhere, an outer loop would take more stack each time
            index = builder.alloca(WORD)
        builder.store(WORD(0), index)
        head, body, after = (builder.append_basic_block() for _ in range(3))
        builder.branch(head)
        builder.position_at_end(head)
        i = builder.load(index)
        builder.cbranch(builder.icmp_signed("<", i, stop), body, after)
        builder.position_at_end(body)
        yield i
        builder.store(builder.add(builder.load(index), step or WORD(1)), index)
        builder.branch(head)
        builder.position_at_end(after)

    def hold(self, thing: Any) -> None:
        self.builder.call(self.external("Py_IncRef", ir.VoidType(), POINTER), [thing])

    def let_go(self, thing: Any) -> None:
        self.builder.call(self.external("Py_DecRef", ir.VoidType(), POINTER), [thing])

    def word(self, words: Any, k: int) -> Any:
        return self.builder.load(self.builder.gep(words, [WORD(k)]))

    def known(self, thing: Any) -> Any:
        """A Python object that lives as long as the process does."""
        if id(thing) not in _known:
            _known[id(thing)] = thing
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))  # all are let go of at the end
        return self.builder.inttoptr(WORD(id(thing)), POINTER)

    def new(self, kind: type, *held: Any) -> Any:
        """A new object of a class with `__slots__`, all unset. Where there is none, lets go of what
        is held, and returns null.
        """
        make = self.external("PyType_GenericAlloc", POINTER, POINTER, WORD)
        thing = self.builder.call(make, [self.known(kind), WORD(0)])
        self.unless_null(thing, POINTER(None), *held)
        return thing

    def _place(self, thing: Any, offset: int) -> Any:
        at = self.builder.gep(thing, [WORD(offset)])
        return self.builder.bitcast(at, POINTER.as_pointer())

    def get(self, thing: Any, offset: int) -> Any:
        """What is in a slot that is set, borrowed."""
        return self.builder.load(self._place(thing, offset))

    def put(self, thing: Any, offset: int, value: Any) -> None:
        """Set a slot that is not set; it takes the reference."""
        self.builder.store(value, self._place(thing, offset))

    def put_held(self, thing: Any, offset: int, value: Any) -> None:
        """The same with a reference of its own."""
        self.hold(value)
        self.put(thing, offset, value)

    def replace(self, thing: Any, offset: int, value: Any) -> None:
        """Set a slot that is set; it takes the reference."""
        before = self.get(thing, offset)
        self.put(thing, offset, value)
        self.let_go(before)

    def holders(self, thing: Any) -> Any:
        """How many references there are to an object; from Python 3.12 on the other half of the
        word may have something else in it.
        """
        return self.builder.load(self.builder.bitcast(thing, INT.as_pointer()))

    def type_of(self, thing: Any) -> Any:
        return self.get(thing, object.__basicsize__ - WORD.width // 8)

    def is_of(self, thing: Any, kind: type) -> Any:
        """Whether an object is of a class, and of no subclass."""
        return self.builder.icmp_unsigned("==", self.type_of(thing), self.known(kind))

    def same(self, thing: Any, other: Any) -> Any:
        """Whether two are one object."""
        return self.builder.icmp_unsigned("==", thing, other)

    def integer(self, thing: Any) -> Any:
        """A Python integer as a word; where it is none, an error has occurred."""
        return self.builder.call(self.external("PyLong_AsLongLong", WORD, POINTER), [thing])

    def item(self, whole: Any, k: Any) -> Any:
        """An item of a tuple, borrowed."""
        take = self.external("PyTuple_GetItem", POINTER, POINTER, WORD)
        return self.builder.call(take, [whole, k if isinstance(k, ir.Value) else WORD(k)])

    def references(self, count: Any) -> Any:
        """Room for some objects."""
        return self.builder.bitcast(self.allocate(count), POINTER.as_pointer())

    def at(self, references: Any, k: Any) -> Any:
        return self.builder.gep(references, [k if isinstance(k, ir.Value) else WORD(k)])

    def let_go_of(self, references: Any, count: Any) -> None:
        with self.loop(count) as k:
            self.let_go(self.builder.load(self.at(references, k)))

    def packed(
        self, references: Any, count: Any, kind: str = "Tuple", held: tuple[Any, ...] = ()
    ) -> Any:
        """A tuple, or a list, of objects, which takes the references. Where there is none, lets go
        of them and of what is held, and returns null.

        It is made when all are there: another thread may find one that is half filled, by way of
        the garbage collector, and CPython changes no tuple that has a second holder.
        """
        whole = self.builder.call(self.external(f"Py{kind}_New", POINTER, WORD), [count])
        with self.builder.if_then(self.is_null(whole), likely=False):
            self.let_go_of(references, count)
            for thing in held:
                self.let_go(thing)
            self.builder.ret(POINTER(None))
        put = self.external(f"Py{kind}_SetItem", INT, POINTER, WORD, POINTER)
        with self.loop(count) as k:
            self.builder.call(put, [whole, k, self.builder.load(self.at(references, k))])
        return whole

    def tuple_of(self, *things: Any, otherwise: tuple[Any, ...] = ()) -> Any:
        """A tuple of objects, likewise; where there is none, lets go of others too."""
        with self.builder.goto_entry_block():
            references = self.references(len(things))
        for k, thing in enumerate(things):
            self.builder.store(thing, self.at(references, k))
        return self.packed(references, WORD(len(things)), held=otherwise)

    def attribute(self, thing: Any, name: Any, *held: Any, otherwise: Any = None) -> Any:
        """An attribute; if there is none, lets go of what is held, and returns this, or null."""
        take = self.external("PyObject_GetAttr", POINTER, POINTER, POINTER)
        name = name if isinstance(name, ir.Value) else self.known(name)
        found = self.builder.call(take, [thing, name])
        self.unless_null(found, otherwise or POINTER(None), *held)
        return found

    def call_method(self, name: Any, *things: Any) -> Any:
        """What a method of the first gives for the others; null if it raised."""
        name = name if isinstance(name, ir.Value) else self.known(name)
        return self._vectorcall("PyObject_VectorcallMethod", name, things)

    def generic(self, address: int) -> None:
        """Code that returns what another function of the same kind does, of the same arguments."""
        there = self.builder.inttoptr(WORD(address), self.function.function_type.as_pointer())
        self.builder.ret(self.builder.call(there, self.function.args))

    def call_known(self, function: Any, *things: Any) -> Any:
        """What a Python callable gives; null if it raised."""
        return self._vectorcall("PyObject_Vectorcall", self.known(function), things)

    def _vectorcall(self, how: str, what: Any, things: tuple[Any, ...]) -> Any:
        with self.builder.goto_entry_block():
            given = self.references(len(things))
        for k, thing in enumerate(things):
            self.builder.store(thing, self.at(given, k))
        call = self.external(how, POINTER, POINTER, given.type, WORD, POINTER)
        return self.builder.call(call, [what, given, WORD(len(things)), POINTER(None)])

    def unless(self, holds: Any, otherwise: Any, *held: Any) -> None:
        """Where something does not hold, let go of what is held, and return this."""
        self._unless(self.builder.not_(holds), otherwise, held)

    def unless_null(self, pointer: Any, otherwise: Any, *held: Any) -> None:
        """Where a call has failed, let go of what is held, and return this."""
        self._unless(self.is_null(pointer), otherwise, held)

    def unless_negative(self, status: Any, otherwise: Any, *held: Any) -> None:
        """The same where a call says so by a number."""
        failed = self.builder.icmp_signed("<", status, status.type(0))
        self._unless(failed, otherwise, held)

    def _unless(self, failed: Any, otherwise: Any, held: tuple[Any, ...]) -> None:
        with self.builder.if_then(failed, likely=False):
            for thing in held:
                self.let_go(thing)
            self.builder.ret(otherwise)

    def is_null(self, pointer: Any) -> Any:
        return self.builder.icmp_unsigned("==", pointer, POINTER(None))

    @contextmanager
    def error_kept(self) -> Iterator[None]:
        """Code that may fail where nobody hears of it, an error on its way or not."""
        with self.builder.goto_entry_block():
            parts = [self.builder.alloca(POINTER) for _ in range(3)]
        kind = [POINTER.as_pointer()] * 3
        self.builder.call(self.external("PyErr_Fetch", ir.VoidType(), *kind), parts)
        yield
        restore = self.external("PyErr_Restore", ir.VoidType(), *[POINTER] * 3)
        self.builder.call(restore, [self.builder.load(part) for part in parts])

    def call_kernel(self, kernel: Any, table: Any, first: Any, last: Any) -> None:
        self.builder.call(self.builder.inttoptr(kernel, KERNEL), [table, first, last])


class Function(Code):
    """A function that Python can call, with integers, and that returns None."""

    def __init__(self, module: ir.Module, name: str, least: int, more: int | None = 0) -> None:
        """How many arguments it takes, and how many more it may be given, or None if any number:
        with others it raises.
        """
        super().__init__(module, name, POINTER, POINTER, POINTER.as_pointer(), WORD)
        self.own, self.given, self.count = self.function.args
        if least:
            self.require(self.builder.icmp_signed(">=", self.count, WORD(least)))
        if more is not None:
            self.require(self.builder.icmp_signed("<=", self.count, WORD(least + more)))

    def integers(self) -> Any:
        """The arguments as words. One that is no integer raises."""
        builder = self.builder
        words = self.allocate(self.count)
        with self.loop(self.count) as k:
            value = self.integer(builder.load(builder.gep(self.given, [k])))
            builder.store(value, builder.gep(words, [k]))
        self.raise_if_any()
        return words

    def require(self, holds: Any) -> None:
        with self.builder.if_then(self.builder.not_(holds), likely=False):
            bad = self.external("PyErr_BadArgument", INT)
            self.builder.call(bad, [])
            self.builder.ret(POINTER(None))

    def given_object(self, k: int) -> Any:
        """An argument as it is, borrowed."""
        return self.builder.load(self.builder.gep(self.given, [WORD(k)]))

    def rest(self, first: int) -> tuple[Any, Any]:
        """Where the arguments from one on are, and how many."""
        at = self.builder.gep(self.given, [WORD(first)])
        return at, self.builder.sub(self.count, WORD(first))

    def given_integer(self, k: int) -> Any:
        """An argument as a word; `raise_if_any` raises if it is no integer."""
        return self.integer(self.given_object(k))

    def words_in(self, content: Any) -> Any:
        """Where the words of bytes are, which are borrowed; with what is none it raises, as it does
        if an error has occurred before.
        """
        read = self.external("PyBytes_AsString", POINTER, POINTER)
        words = self.builder.bitcast(self.builder.call(read, [content]), WORDS)
        self.raise_if_any()
        return words

    def bound(self, k: int) -> Any:
        """An item of the tuple that the function is bound to (`binders`), borrowed."""
        return self.item(self.own, k)

    def raise_if_any(self) -> None:
        """Return to Python if an error has occurred."""
        occurred = self.external("PyErr_Occurred", POINTER)
        fine = self.builder.icmp_unsigned("==", self.builder.call(occurred, []), POINTER(None))
        with self.builder.if_then(self.builder.not_(fine), likely=False):
            self.builder.ret(POINTER(None))

    def done(self) -> None:
        none = self.known(None)
        self.hold(none)
        self.builder.ret(none)

    def done_unless(self, holds: Any) -> None:
        with self.builder.if_then(self.builder.not_(holds), likely=False):
            self.done()


@contextmanager
def without_gil(it: Code) -> Iterator[None]:
    """Code that runs while other Python threads may."""
    save = it.external("PyEval_SaveThread", POINTER)
    restore = it.external("PyEval_RestoreThread", ir.VoidType(), POINTER)
    state = it.builder.call(save, [])
    yield
    it.builder.call(restore, [state])


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


METH_FASTCALL = 0x80
_definitions: list[_MethodDef] = []  # CPython keeps pointers to them


def binder(name: str, address: int) -> Callable[..., Callable[..., Any]]:
    """What gives a function to Python bound to a tuple of some values (`bound`)."""
    definition = _MethodDef(name.encode(), address, METH_FASTCALL, None)
    _definitions.append(definition)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = (
        ctypes.py_object,
        [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p],
    )
    where = ctypes.addressof(definition)
    return lambda *own: make(where, own, None)


def method(kind: type, name: str, address: int) -> Any:
    """A function as a method of a class, for its dictionary: it is bound to the object itself."""
    definition = _MethodDef(name.encode(), address, METH_FASTCALL, None)
    _definitions.append(definition)
    make = ctypes.pythonapi.PyDescr_NewMethod
    make.restype, make.argtypes = ctypes.py_object, [ctypes.py_object, ctypes.c_void_p]
    return make(kind, ctypes.addressof(definition))


def load(name: str, **functions: Callable[[ir.Module], None]) -> list[int]:
    """The addresses of the functions of one module, each of which a writer defines in it under its
    own name.
    """
    module = ir.Module(name)
    module.triple = llvm.get_process_triple()
    for write in functions.values():
        write(module)
    # What takes time in them are calls: to optimise these would take a tenth of a second of every
    # import, and gain nothing that can be measured.
    here = engine(0)
    here.add_module(llvm.parse_assembly(str(module)))
    here.finalize_object()
    return [here.get_function_address(function) for function in functions]


def binders(name: str, **functions: Callable[[ir.Module], None]) -> list[Callable[..., Any]]:
    """For each function, what gives it to Python bound to values."""
    return [binder(*found) for found in zip(functions, load(name, **functions), strict=True)]


def build(name: str, **functions: Callable[[ir.Module], None]) -> list[Callable[..., Any]]:
    """Functions for Python, bound to none."""
    return [bind() for bind in binders(name, **functions)]
