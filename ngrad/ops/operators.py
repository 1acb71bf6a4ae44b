"""Python's operators on tensors, variables and the symbols that stand for them; and what the graph
passes use of ops.
"""

from __future__ import annotations

import operator
from typing import Any

from ngrad.devices import HOST
from ngrad.graph import batch
from ngrad.graph.differentiate import tools
from ngrad.graph.dims import Dim
from ngrad.graph.graph import Symbol
from ngrad.graph.layout import Layout
from ngrad.graph.strides import broadcast, same_shape
from ngrad.ops import arithmetic, bitwise, comparison, complexes, elementwise
from ngrad.ops.batching import FAMILIES
from ngrad.ops.convert import KINDS, cast_to, tensor, unwrap
from ngrad.ops.creation import ones_of, zeros_of
from ngrad.ops.indexing import getitem
from ngrad.ops.linalg import matrix_transpose
from ngrad.ops.matmul import matmul_operator
from ngrad.ops.reductions import SUM
from ngrad.ops.shape import reshape, spread, transpose
from ngrad.ops.transfer import to_device
from ngrad.ops.updates import At
from ngrad.ops.weak import Weak
from ngrad.record import apply, traced
from ngrad.tensor import Tensor

BINARY = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "floordiv": arithmetic.floordiv,
    "mod": arithmetic.mod,
    "and": bitwise.bitwise_and,
    "or": bitwise.bitwise_or,
    "xor": bitwise.bitwise_xor,
    "lshift": bitwise.left_shift,
    "rshift": bitwise.right_shift,
}
COMPARISON = {
    "lt": comparison.less,
    "le": comparison.less_equal,
    "gt": comparison.greater,
    "ge": comparison.greater_equal,
    "eq": comparison.equal,
    "ne": comparison.not_equal,
}


def _power(x: Any, y: Any) -> Any:
    from ngrad.ops.math import pow

    return pow(x, y)


def attach(kind: type) -> None:
    """Give a class the operators."""
    for name, op in BINARY.items():
        setattr(kind, f"__{name}__", _operator_of(kind, op))
        setattr(kind, f"__r{name}__", op.reflected())
    for name, op in COMPARISON.items():
        setattr(kind, f"__{name}__", _operator_of(kind, op))
    for name, function in {"pow": _power, "matmul": matmul_operator}.items():
        setattr(kind, f"__{name}__", _guarded(function))
        setattr(kind, f"__r{name}__", _guarded(lambda x, y, f=function: f(y, x)))
    for name, method in METHODS.items():
        setattr(kind, name, method)


METHODS: dict[str, Any] = {
    "__neg__": lambda x: arithmetic.negative(x),
    "__pos__": lambda x: x,
    "__abs__": lambda x: arithmetic.abs_(x),
    "__invert__": lambda x: bitwise.invert(x),
    "__round__": lambda x: arithmetic.round_(x),
    "__divmod__": lambda x, y: (x // y, x % y),
    "__getitem__": lambda x, index: getitem(tensor(x), index),
    "T": property(lambda x: transpose(x)),
    "mT": property(lambda x: matrix_transpose(x)),
    "at": property(lambda x: At(tensor(x))),
    "real": property(complexes.real),
    "imag": property(complexes.imag),
    "conj": complexes.conj,
    "to_device": lambda x, device, /, *, stream=None: to_device(x, device),
    "cpu": lambda x: to_device(x, HOST),
    "gpu": lambda x, index=0: to_device(x, f"cuda:{index}"),
    "__hash__": object.__hash__,  # by identity, although `==` is elementwise
}


def _operator_of(kind: type, op: Any) -> Any:
    """An operator of tensors, of what holds one, or of symbols."""
    of_tensors, reader = op.operator(), unwrap.get(kind)
    if kind is Tensor:
        return of_tensors
    return _guarded(op) if reader is None else lambda x, y: of_tensors(reader(x), y)


def _guarded(function: Any) -> Any:
    def operator(x: Any, y: Any) -> Any:
        return function(x, y) if elementwise.is_operand(y) else NotImplemented

    return operator


def _of_weak(op: Any, of_tensors: Any, kind: Any = Weak) -> Any:
    """An operator on a Python float that is recorded: with another number it gives one, too, or
    what else is made of the tensor. Python's operator of tensors is the quick one.
    """

    def operated(x: Weak, y: Any) -> Any:
        y = Dim.number(y) if isinstance(y, Dim) else y
        if type(y) is Weak:
            return kind(of_tensors(x.tensor, y.tensor))
        if type(y) in KINDS:
            return kind(of_tensors(x.tensor, y))
        return op(x, y) if elementwise.is_operand(y) else NotImplemented

    return operated


def _turned(op: Any) -> Any:
    return lambda x, y: op(y, x)


def _part_of_weak(part: Any) -> property:
    return property(lambda x: Weak(part(x.tensor)))


def _attach_weak() -> None:
    names = ("add", "sub", "mul", "truediv", "floordiv", "mod")
    for name, op in [*((name, BINARY[name]) for name in names), ("pow", _power)]:
        of_tensors = getattr(operator, name)
        setattr(Weak, f"__{name}__", _of_weak(op, of_tensors))
        setattr(Weak, f"__r{name}__", _of_weak(_turned(op), _turned(of_tensors)))
    for name, op in COMPARISON.items():
        setattr(Weak, f"__{name}__", _of_weak(op, getattr(operator, name), lambda found: found))
    for name in ("__neg__", "__pos__", "__abs__"):
        setattr(Weak, name, lambda x, method=METHODS[name]: Weak(method(x.tensor)))
    for name, part in {"real": complexes.real, "imag": complexes.imag}.items():
        setattr(Weak, name, _part_of_weak(part))
    setattr(Weak, "conjugate", lambda x: Weak(complexes.conj(x.tensor)))  # noqa: B010
    setattr(Weak, "__divmod__", METHODS["__divmod__"])  # noqa: B010
    setattr(Weak, "__rdivmod__", lambda y, x: METHODS["__divmod__"](x, y))  # noqa: B010


def _fit(g: Any, where: Layout) -> Any:
    """A cotangent summed over the axes that its value was broadcast along, in its value's dtype."""
    shape, wanted = g._layout.shape, where.shape
    if not same_shape(shape, wanted):
        if len(shape) < len(wanted) or any(
            n == 1 != m for n, m in zip(shape[::-1], wanted[::-1], strict=False)
        ):
            return _fit(_spread_to(g, wanted), where)
        missing = len(shape) - len(wanted)
        axes = tuple(k for k, n in enumerate(shape) if k < missing or wanted[k - missing] == 1 != n)
        g = apply(SUM, (g,), (axes,)) if axes else g
        g = reshape(g, wanted)
    return cast_to(g, where.dtype)


def _spread_to(g: Any, shape: tuple[int, ...]) -> Any:
    """A cotangent that a rule left smaller than its value, repeated to the shape of both."""
    from ngrad.ops.shape import broadcast_to

    return broadcast_to(g, broadcast(g._layout.shape, shape))


for _kind in (Tensor, Symbol):
    attach(_kind)
_attach_weak()

tools.traced = traced
tools.add = arithmetic.add
tools.ones = ones_of
tools.zeros = zeros_of
tools.fit = _fit
tools.conj = complexes.conj

batch.tools.traced = traced
batch.tools.spread = spread
batch.tools.families = FAMILIES
