"""`x += y` and `x[index] += y` of cells in machine code: what an operator computed is taken over
where it lies as the array does, and what was written to a part is not written again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir

from ngrad_kernels.current import window_of
from ngrad_kernels.heap_types import offsets
from ngrad_kernels.keys import key_of
from ngrad_kernels.machine import INT, POINTER, WORD, Code
from ngrad_kernels.making import NULL

if TYPE_CHECKING:
    from ngrad_kernels.cells import CellKinds
    from ngrad_kernels.subscripts import Ways

EQUAL = 2
"""`Py_EQ`."""


def write_is_part(module: ir.Module, kinds: CellKinds) -> None:
    """is_part(cell, index, value): 1 if a value is the part of a cell that an index names, as at
    the end of x[index] += ..., which has written there; 0 if that is not known, -1 if something
    raised.
    """
    it = Code(module, "is_part", INT, *[POINTER] * 3)
    this, index, value = it.function.args
    builder, of_cell = it.builder, offsets(kinds.cell)
    it.unless(it.is_of(value, kinds.cell), INT(0))
    it.unless(it.same(it.get(value, of_cell["_owner"]), this), INT(0))
    way = it.get(value, of_cell["_way"])
    it.unless(builder.not_(it.is_null(way)), INT(0))
    it.unless(it.is_of(way, kinds.part), INT(0))
    key = it.item(way, kinds.part._fields.index("key"))
    it.unless(builder.not_(it.same(key, it.known(None))), INT(0))
    it.hold(key)
    own = it.call_known(key_of, index)
    it.unless_null(own, INT(-1), key)
    compare = it.external("PyObject_RichCompareBool", INT, POINTER, POINTER, INT)
    alike = builder.call(compare, [own, key, INT(EQUAL)])
    for thing in (own, key):
        it.let_go(thing)
    builder.ret(alike)


def write_taken_over(module: ir.Module, kinds: CellKinds, ways: Ways) -> None:
    """taken_over(cell, found): 1 if a cell holds from now on what another does, or shows it, which
    is there and lies as the cell's own did; 0 if that is for Python, -1 if something raised.
    """
    it = Code(module, "taken_over", INT, POINTER, POINTER)
    this, found = it.function.args
    builder, nobody = it.builder, it.known(None)
    of_cell, of_tensor = offsets(kinds.cell), offsets(kinds.kinds.tensor)
    it.unless(it.is_of(this, kinds.cell), INT(0))
    with builder.if_then(builder.not_(it.same(it.get(this, of_cell["_owner"]), nobody))):
        window = window_of(it, ways.state, otherwise=INT(-1))
        given = this, it.known(Ellipsis), found, window, NULL, WORD(0)
        done = builder.call(module.globals["assigned"], given)
        it.let_go(window)
        builder.ret(done)
    before, now = (it.get(cell, of_cell["_held"]) for cell in (this, found))
    for x in (before, now):
        it.unless(builder.not_(it.is_null(x)), INT(0))
        it.unless(builder.not_(it.same(it.get(x, of_tensor["_at"]), it.known(0))), INT(0))
    alike = it.same(*(it.get(x, of_tensor["_layout"]) for x in (before, now)))
    it.unless(alike, INT(0))
    it.hold(now)
    it.replace(this, of_cell["_held"], now)
    builder.ret(INT(1))
