"""`Exporter`: a base of classes whose memory others read by the buffer protocol, as `memoryview(x)`
does, and NumPy before it tries anything else. Python itself can define that from 3.12 on (PEP 688);
here it is a slot of a type, which NumPy gets its array from in a fraction of the time that an array
interface takes to be read.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np
from llvmlite import ir

from ngrad_kernels.heap_types import GET_BUFFER, heap_type, offsets, replace_slot
from ngrad_kernels.holding import write_held_by
from ngrad_kernels.machine import INT, POINTER, WORD, WORDS, Code, load

METHOD = sys.intern("_exported")
WRITABLE, FORMAT, SHAPE, STRIDES, ROWS, COLUMNS, EITHER = 0x1, 0x4, 0x8, 0x18, 0x20, 0x40, 0x80
"""What a reader asks for, as bits (CPython's `PyBUF_`; the last three without the strides that they
include): memory to write to; the format; the shape; that and strides; elements in row-major order,
in column-major order, in one of them.
"""


def asked(request: int) -> int:
    """A request, with what it means by not asking for strides: elements in row-major order."""
    return request if request & STRIDES == STRIDES else request | ROWS


class Description(NamedTuple):
    """How memory lies, for those who read it.

    Attributes
    ----------
    address : int
        Of words: the address of the format, bytes an element and in all, axes, shape, strides.
    refused : int
        Bits of what cannot be had: all, if `address` is 0.
    keep : object
        Holds the words.
    """

    address: int
    refused: int
    keep: Any

    def refuse(self, request: int) -> NoReturn:
        """Say why a request cannot be met, for which `asked(request) & refused`.

        Raises
        ------
        BufferError
            Saying what can be done instead.
        """
        if self.refused < 0:
            raise BufferError("the buffer protocol has no name for this dtype; convert it first")
        if request & WRITABLE:
            raise BufferError("this memory is read-only; take numpy.array(x) to write to")
        raise BufferError("this memory has gaps, or axes in another order; copy it first")


def describe(
    dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...], nbytes: int
) -> Description:
    """The description of memory that nobody may write to."""
    try:
        name = memoryview(np.empty(0, dtype).data).format
    except ValueError:
        return Description(0, -1, None)
    text = ctypes.create_string_buffer(name.encode())
    header = [ctypes.addressof(text), dtype.itemsize, nbytes, len(shape)]
    words = np.array([*header, *shape, *strides], np.int64)
    flags = np.lib.stride_tricks.as_strided(np.empty(1, dtype), shape, strides).flags
    refused = WRITABLE | (0 if flags.c_contiguous else ROWS)
    refused |= 0 if flags.f_contiguous else COLUMNS
    refused |= 0 if flags.forc else EITHER
    return Description(words.ctypes.data, refused, (words, text))


def _ask_again(it: Code) -> None:
    """Code that has Ctrl-C raised once more if it was raised: NumPy passes over whatever is. Who
    does not, hears of it twice.
    """
    builder = it.builder
    matches = it.external("PyErr_ExceptionMatches", INT, POINTER)
    is_that = builder.call(matches, [it.known(KeyboardInterrupt)])
    with builder.if_then(builder.icmp_signed("!=", is_that, INT(0)), likely=False):
        builder.call(it.external("PyErr_SetInterrupt", ir.VoidType()), [])


GETS = ir.FunctionType(INT, [POINTER, WORDS, INT])
"""What fills a view of an object, as a request wants it; -1 if that raised."""


def _start(module: ir.Module, name: str) -> tuple[Code, Any, Any, Any]:
    it = Code(module, name, INT, *GETS.args)
    return it, *it.function.args


def _asks(it: Code, request: Any, bits: int) -> Any:
    return it.builder.icmp_signed("==", it.builder.and_(request, INT(bits)), INT(bits))


def _fill(it: Code, view: Any, request: Any, holder: Any, address: Any, described: Any) -> None:
    """Code that fills a `Py_buffer`: memory at an address, that lies as words describe, and what
    holds it, of which the view takes a reference.
    """
    builder = it.builder

    def put(word: int, value: Any) -> None:
        place = builder.gep(view, [WORD(word)])
        builder.store(value, builder.bitcast(place, value.type.as_pointer()))

    def if_asked(bits: int, value: Any, otherwise: int = 0) -> Any:
        return builder.select(_asks(it, request, bits), value, WORD(otherwise))

    words = builder.inttoptr(described, WORDS)
    format, itemsize, nbytes, ndim = (it.word(words, k) for k in range(4))
    shape = builder.gep(words, [WORD(4)])
    strides = builder.gep(shape, [ndim])
    put(0, address)
    put(2, nbytes)
    put(3, itemsize)
    # Who asks for no shape sees one run of elements, and who sees no axes is given no shape.
    axes = if_asked(SHAPE, ndim, 1)
    some = builder.icmp_signed("!=", ndim, WORD(0))
    shape, strides = (
        builder.select(some, builder.ptrtoint(part, WORD), WORD(0)) for part in (shape, strides)
    )
    put(4, builder.or_(WORD(1), builder.shl(axes, WORD(32))))  # that it is read-only; its axes
    put(5, if_asked(FORMAT, format))
    put(6, if_asked(SHAPE, shape))
    put(7, if_asked(STRIDES, strides))
    put(8, WORD(0))
    put(9, WORD(0))
    put(1, builder.ptrtoint(holder, WORD))  # last: whoever lets go of the view lets go of this
    builder.ret(INT(0))


def _get_buffer(module: ir.Module) -> None:
    """get_buffer(self, view, request): fills a view with what `self._exported(request)` gives: what
    holds the memory, its address, and that of the words that describe it.
    """
    it, this, view, request = _start(module, "get_buffer")
    builder = it.builder
    builder.store(WORD(0), builder.gep(view, [WORD(1)]))  # nothing is held, should this raise
    integer = it.external("PyLong_FromLongLong", POINTER, WORD)
    number = builder.call(integer, [builder.sext(request, WORD)])
    it.unless_null(number, INT(-1))
    found = it.call_method(METHOD, this, number)
    it.let_go(number)
    with builder.if_then(it.is_null(found), likely=False):
        _ask_again(it)
        builder.ret(INT(-1))
    with builder.if_then(builder.not_(it.is_of(found, tuple)), likely=False):
        it.let_go(found)
        builder.call(it.external("PyErr_BadArgument", INT), [])
        builder.ret(INT(-1))
    holder = it.item(found, 0)
    address, described = (it.integer(it.item(found, k)) for k in (1, 2))
    bad = builder.call(it.external("PyErr_Occurred", POINTER), [])
    with builder.if_then(builder.not_(it.is_null(bad)), likely=False):
        it.let_go(found)
        builder.ret(INT(-1))
    it.hold(holder)
    it.let_go(found)
    _fill(it, view, request, holder, address, described)


(_address,) = load("ngrad.exporting", get_buffer=_get_buffer)
if TYPE_CHECKING:

    class Exporter:
        """A base of classes with a method `_exported(request)`."""

        __slots__ = ()
else:
    doc = "A base of classes with a method `_exported(request)`."
    Exporter = heap_type("ngrad_kernels.exporting.Exporter", doc, {GET_BUFFER: _address})


# -- of classes whose slots are known, without Python ----------------------------------------------


def _call(it: Code, address: int, *arguments: Any) -> None:
    """Code that returns what another way to fill a view does."""
    it.builder.ret(
        it.builder.call(it.builder.inttoptr(WORD(address), GETS.as_pointer()), arguments)
    )


def _get_quickly(module: ir.Module, tensor: type, layout: type) -> None:
    """As `get_buffer`, without Python if a tensor is there and its layout was described."""
    it, this, view, request = _start(module, "get_quickly")
    builder = it.builder
    of_tensor, of_layout = offsets(tensor), offsets(layout)
    at, layout = (it.get(this, of_tensor[name]) for name in ("_at", "_layout"))

    def by_python_if(condition: Any) -> None:
        with builder.if_then(condition, likely=False):
            _call(it, _address, this, view, request)

    for part in (at, layout):  # half made
        by_python_if(it.is_null(part))
    lies = it.get(layout, of_layout["lies"])
    by_python_if(it.is_null(lies))
    by_python_if(builder.not_(it.is_of(at, int)))
    address = it.integer(at)
    with builder.if_then(builder.icmp_signed(">", address, WORD(0)), likely=True):
        described, refused = (it.integer(it.item(lies, k)) for k in range(2))
        strided = _asks(it, request, STRIDES)
        asked = builder.select(strided, request, builder.or_(request, INT(ROWS)))
        wanted = builder.sext(asked, WORD)
        fine = builder.icmp_signed("==", builder.and_(wanted, refused), WORD(0))
        with builder.if_then(fine, likely=True):
            it.hold(this)
            _fill(it, view, request, this, address, described)
    _call(it, _address, this, view, request)


def _get_held(module: ir.Module, cell: type, tensor: type, quickly: int) -> None:
    """As `get_buffer`, of the tensor that a cell shows, if no view before it has to be read."""
    held_by = write_held_by(module, cell, tensor)
    it, this, view, request = _start(module, "get_held")
    held = it.builder.call(held_by, [this])
    with it.builder.if_then(it.builder.not_(it.is_null(held)), likely=True):
        _call(it, quickly, held, view, request)
    _call(it, _address, this, view, request)


def export_tensors(tensor: type, layout: type) -> Callable[[type], None]:
    """Have a class of tensors, `_at` an address as `_layout.lies` describes, exported without
    Python; and give what does so for a class of cells, which hold them as `_held`.
    """
    (quickly,) = load(
        "ngrad.exporting.tensors", get_quickly=partial(_get_quickly, tensor=tensor, layout=layout)
    )
    replace_slot(tensor, _address, quickly)

    def export_cells(cell: type) -> None:
        write = partial(_get_held, cell=cell, tensor=tensor, quickly=quickly)
        replace_slot(cell, _address, *load("ngrad.exporting.cells", get_held=write))

    return export_cells
