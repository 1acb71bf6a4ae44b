"""What generated kernels and vecmath are written in: elements by address, selects, exact FMA, bit
casts, conversions.

Every helper here renders to a handful of LLVM instructions. Nothing depends on flags of a caller:
Numba lets helpers without options of their own inherit `error_model` and `fastmath` from whoever
compiles them first, which would give other bits; `scalar` states both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from ngrad_kernels.codegen import helper, intrinsic
from ngrad_kernels.codes import HALVES, size_of
from ngrad_kernels.halves import BYTE, HALF, narrowed, rounding, widened
from ngrad_kernels.overlapping import overlap

scalar = helper(inline=True)
"""Compile a scalar helper with its own floating-point contract; inlined, since a call would stop
the vectoriser.
"""

WORD = ir.IntType(64)

# code -> (Numba type, LLVM type in memory). Codes are those of `codes.py`, as everywhere in this
# package.
MEMORY: dict[str, tuple[Any, ir.Type]] = {
    "f4": (types.float32, ir.FloatType()),
    "f8": (types.float64, ir.DoubleType()),
    **{
        f"{kind}{size}": (getattr(types, f"{name}{8 * size}"), ir.IntType(8 * size))
        for kind, name in (("i", "int"), ("u", "uint"))
        for size in (1, 2, 4, 8)
    },
    "b1": (types.boolean, BYTE),
    "c8": (types.complex64, ir.LiteralStructType([ir.FloatType()] * 2)),
    "c16": (types.complex128, ir.LiteralStructType([ir.DoubleType()] * 2)),
    "f2": (types.float32, ir.HalfType()),
    "f2b": (types.float32, HALF),
}
COMPUTED = tuple(code for code in MEMORY if code not in HALVES)
"""The dtypes of values; of the others there are elements in memory alone."""


def parts(builder: ir.IRBuilder, value: Any) -> list[Any]:
    """The real and the imaginary part of a complex value, or of a pair of vectors of them."""
    return [builder.extract_value(value, k) for k in range(2)]


def paired(builder: ir.IRBuilder, real: Any, imag: Any) -> Any:
    """A complex value, or a pair of vectors, of two parts."""
    pair = ir.Constant(ir.LiteralStructType([real.type, imag.type]), ir.Undefined)
    return builder.insert_value(builder.insert_value(pair, real, 0), imag, 1)


def loads_scope(module: ir.Module) -> Any:
    """The module's one alias scope: loads are in it, stores say that they never touch it."""
    name = "ngrad.loads"
    if name in module.namedmetadata:
        return module.namedmetadata[name].operands[0]
    domain = module.add_metadata([ir.MetaDataString(module, "ngrad")])
    scope = module.add_metadata([ir.MetaDataString(module, "loads"), domain])
    scopes = module.add_metadata([scope])
    module.add_named_metadata(name).add(scopes)
    return scopes


def _access(code: str) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    numba_type, llvm_type = MEMORY[code]

    def element(builder: ir.IRBuilder, address: Any, index: Any) -> Any:
        return builder.gep(builder.inttoptr(address, llvm_type.as_pointer()), [index])

    @intrinsic
    def load(typingctx, address, index):
        def codegen(context, builder, signature, args):
            value = builder.load(element(builder, *args))
            value.set_metadata("alias.scope", loads_scope(builder.module))
            return widened(builder, code, value)

        return numba_type(types.intp, types.intp), codegen

    @intrinsic
    def reload(typingctx, address, index):
        """A load of what this kernel itself stored: outside the scope that stores never touch."""

        def codegen(context, builder, signature, args):
            return widened(builder, code, builder.load(element(builder, *args)))

        return numba_type(types.intp, types.intp), codegen

    @intrinsic
    def store(typingctx, address, index, value):
        def codegen(context, builder, signature, args):
            value = narrowed(builder, code, args[2])
            done = builder.store(value, element(builder, args[0], args[1]))
            done.set_metadata("noalias", loads_scope(builder.module))
            return context.get_dummy_value()

        return types.void(types.intp, types.intp, numba_type), codegen

    return load, store, reload


load: dict[str, Callable[..., Any]] = {}
store: dict[str, Callable[..., Any]] = {}
reload: dict[str, Callable[..., Any]] = {}
for _code in MEMORY:
    load[_code], store[_code], reload[_code] = _access(_code)


def _bitcast(source: str, target: str) -> Callable[..., Any]:
    @intrinsic
    def cast(typingctx, value):
        def codegen(context, builder, signature, args):
            stored = narrowed(builder, source, args[0])
            return widened(builder, target, builder.bitcast(stored, MEMORY[target][1]))

        return MEMORY[target][0](MEMORY[source][0]), codegen

    return cast


FLOATS = tuple(code for code in MEMORY if code[0] == "f")
from_bits = {code: _bitcast(f"i{size_of(code)}", code) for code in FLOATS}
bits_of = {code: _bitcast(code, f"i{size_of(code)}") for code in FLOATS}
f4_from_bits, f8_from_bits = from_bits["f4"], from_bits["f8"]
bits_of_f4, bits_of_f8 = bits_of["f4"], bits_of["f8"]


@intrinsic
def fma(typingctx, x, y, z):
    """x * y + z with one rounding, the same bits on every CPU (FMA is used only where it is
    written).
    """
    if not (x == y == z and x in (types.float32, types.float64)):
        raise TypeError(f"fma takes three float32 or three float64, not {x}, {y}, {z}")

    def codegen(context, builder, signature, args):
        return builder.fma(*args)

    return x(x, y, z), codegen


@intrinsic
def select(typingctx, condition, x, y):
    """x if condition else y, both computed, without a branch."""
    if x != y or condition != types.boolean:
        raise TypeError(
            f"select takes a boolean and two values of one type, not {condition}, {x}, {y}"
        )

    def codegen(context, builder, signature, args):
        if not isinstance(x, types.Complex):
            return builder.select(*args)
        # Part by part: LLVM vectorises no select of pairs.
        both = zip(*(parts(builder, value) for value in args[1:]), strict=True)
        return paired(builder, *(builder.select(args[0], a, b) for a, b in both))

    return x(condition, x, y), codegen


@intrinsic
def cartesian(typingctx, real, imag):
    """The complex number of two parts."""
    if real != imag or real not in (types.float32, types.float64):
        raise TypeError(f"cartesian takes two float32 or two float64, not {real}, {imag}")
    result = types.complex64 if real == types.float32 else types.complex128

    def codegen(context, builder, signature, args):
        return paired(builder, *args)

    return result(real, imag), codegen


def _unary(name: str) -> Callable[..., Any]:
    @intrinsic
    def call(typingctx, x):
        if x not in (types.float32, types.float64):
            raise TypeError(f"{name} takes float32 or float64, not {x}")

        def codegen(context, builder, signature, args):
            function = builder.module.declare_intrinsic(f"llvm.{name}", [args[0].type])
            return builder.call(function, args)

        return x(x), codegen

    return call


sqrt = _unary("sqrt")
rint = _unary("rint")
floor = _unary("floor")
ceil = _unary("ceil")
trunc = _unary("trunc")
fabs = _unary("fabs")


@intrinsic
def copysign(typingctx, x, y):
    """The magnitude of x with the sign of y."""

    def codegen(context, builder, signature, args):
        kind = args[0].type
        # Named in full: llvmlite takes an intrinsic of one type for a unary one.
        signature = ir.FunctionType(kind, [kind, kind])
        function = builder.module.declare_intrinsic("llvm.copysign", [kind], signature)
        return builder.call(function, args)

    return x(x, y), codegen


def _saturate(source: str, target: str) -> Callable[..., Any]:
    """Float to integer as C leaves it undefined: out of range saturates, NaN gives 0. What is
    converted there, which no select takes, may be anything: LLVM vectorises this, but not its own
    intrinsic.
    """
    (numba_type, kind), (float_type, of) = MEMORY[target], MEMORY[source]
    limits = np.iinfo(target)
    least, bound = (ir.Constant(of, float(limit)) for limit in (limits.min, limits.max + 1))

    @intrinsic
    def cast(typingctx, x):
        def codegen(context, builder, signature, args):
            (value,) = args
            convert = builder.fptosi if target[0] == "i" else builder.fptoui
            result = convert(value, kind)
            for outside, limit in (
                (builder.fcmp_ordered("<=", value, least), limits.min),
                (builder.fcmp_ordered(">=", value, bound), limits.max),
                (builder.fcmp_unordered("uno", value, value), 0),
            ):
                result = builder.select(outside, ir.Constant(kind, int(limit)), result)
            return result

        return numba_type(float_type), codegen

    return cast


@intrinsic
def quotient(typingctx, x, y):
    """x // y of numbers that are not negative; of 32 bits, if that holds both, as is usual."""

    def codegen(context, builder, signature, args):
        return builder.udiv(*args)

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def overlapped(typingctx):
    """The end of a loop's body: several of its iterations are computed at the same time."""

    def codegen(context, builder, signature, args):
        overlap(builder.block)
        return context.get_dummy_value()

    return types.void(), codegen


NAMESPACE: dict[str, Any] = {
    "np": np,
    "overlapped": overlapped,
    "quotient": quotient,
    "helper": helper,
    "fma": fma,
    "select": select,
    "cartesian": cartesian,
    "sqrt": sqrt,
    "rint": rint,
    "floor": floor,
    "ceil": ceil,
    "trunc": trunc,
    "fabs": fabs,
    "copysign": copysign,
    "f4_from_bits": f4_from_bits,
    "f8_from_bits": f8_from_bits,
    "bits_of_f4": bits_of_f4,
    "bits_of_f8": bits_of_f8,
    **{code: MEMORY[code][0] for code in COMPUTED},
    **{code: rounding(code) for code in HALVES},
    **{f"load_{code}": function for code, function in load.items()},
    **{f"store_{code}": function for code, function in store.items()},
    **{f"reload_{code}": function for code, function in reload.items()},
    **{
        f"saturate_{source}_{target}": _saturate(source, target)
        for source in ("f4", "f8")
        for target in MEMORY
        if target[0] in "iu"
    },
}
"""The names that rendered source may use."""
