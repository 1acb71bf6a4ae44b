"""What NumPy says of an op that has run: where a result may have come of a floating-point error,
NumPy's function is done again, and tells which.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ngrad.dtypes import DType, as_dtype, kind_of
from ngrad.graph.op import Call
from ngrad.numpy.convert import OURS, dtype_of
from ngrad.numpy.folding import accumulate, at, reduce, reduceat
from ngrad.numpy.reductions import NOTHING
from ngrad.numpy.ufuncs import UFUNCS, ufunc
from ngrad.record import PACKAGE

FLAGS = {"divide": 1, "over": 2, "under": 4, "invalid": 8}
FAMILIES = ("elementwise", "reduction", "running", "linalg", "indexing")
LINALG = {"matmul", "vecdot", "windows_matmul", "det", "fft", "rfft", "irfft"}
"""Of linear algebra, the ops whose errors NumPy does not keep to itself."""
NAMES = {
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "abs": "absolute",
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
    "acosh": "arccosh", "atanh": "arctanh", "reduce_sum": "reduce", "reduce_prod": "reduce",
    "cumsum": "accumulate", "cumprod": "accumulate",
}  # fmt: skip
"""NumPy's names of ops that have another here."""
FOLDS = {"reduce_sum": np.add, "reduce_prod": np.multiply}
SCANS = {"cumsum": np.add, "cumprod": np.multiply}
DIVISIONS = ("floordiv", "mod")
PRODUCTS = {
    **dict.fromkeys(("dot", "inner", "tensordot", "multi_dot", "cov"), "dot"),
    "vecdot": "vecdot",
}
"""Its names of products that are no `matmul`, by the functions that ask for them."""
SILENT = {
    "isclose", "nanmean", "nanvar", "nanstd", "nanmedian", "nanquantile", "cond", "convolve",
    "correlate", "einsum", "vdot",
}  # fmt: skip
"""Functions within which NumPy says nothing, either."""


def is_suspicious(call: Call, operands: list[Any], result: Any, under: bool) -> bool:
    """Whether a result may have come of an error; of a small number, if `under` says so."""
    op, kind = call.op, kind_of(result.dtype)
    if op.family not in FAMILIES or (op.family == "linalg" and op.name not in LINALG):
        return False
    if kind not in "fc":
        function = op.keywords(call.params).get("function", op.name)
        if function in DIVISIONS:
            return function != op.name or bool(((operands[1] == 0) | (operands[1] == -1)).any())
        return op.name == "cast" and kind_of(operands[0].dtype) in "fc"
    if under and kind == "f" and (abs(result) < as_dtype(result.dtype).finfo.tiny).any():
        return True
    if np.isfinite(result).all():
        return False
    return op.family != "elementwise" or bool(_of_values(call, operands, result))


def said_of(
    call: Call, operands: list[Any], result: Any, frames: Sequence[Any]
) -> tuple[str, list[str]]:
    """What NumPy calls an op, with these frames of the library around it, and the kinds of errors
    that it tells of, in its order. Of all ops of one function it is asked once.
    """
    asked = next((found for frame in reversed(frames) if (found := _asked(frame))), None)
    if call.op.family == "indexing" and not (asked and asked.method == "at"):
        return "", []
    codes = [frame.f_code for frame in frames]
    named = [code.co_name for code in codes if code.co_name in PRODUCTS or code.co_name in SILENT]
    outermost = named[-1] if named else ""
    if outermost in SILENT or any(c.co_filename.startswith(f"{PACKAGE}scipy") for c in codes):
        return "", []
    if asked:
        is_numpys = UFUNCS.get(asked.function.__name__) is asked.function  # or SciPy's
        return asked.name, asked.told() if is_numpys else []
    name = NAMES.get(call.op.name, call.op.name)
    if name in ("matmul", "vecdot"):
        name = PRODUCTS.get(outermost, "matmul")
    again = _again(call, operands, result)
    return name, _of_values(call, operands, result) if again is None else _told(again)


# -- the function that the user called -------------------------------------------------------------

METHODS = {
    inspect.unwrap(method).__code__: method.__name__
    for method in (reduce, accumulate, reduceat, at)
}


class Asked(NamedTuple):
    """A universal function that was called, or one of its methods.

    Attributes
    ----------
    held : mapping
        What the frame holds of its call.
    function : ufunc
    method : str
        "__call__" of itself.
    args, options : tuple and dict
        What NumPy's takes, in its arrays.
    """

    held: Any
    function: ufunc
    method: str
    args: tuple[Any, ...]
    options: dict[str, Any]

    @property
    def name(self) -> str:
        return self.function.__name__ if self.method in ("__call__", "at") else self.method

    def told(self) -> list[str]:
        """What NumPy's tells of, if it has not been asked before of this call."""
        if "told" in self.held:
            return []
        self.held["told"] = True  # a frame keeps what is none of its variables until it ends
        method = getattr(getattr(np, self.function.__name__), self.method)
        return _told(partial(method, *map(_numpys, self.args), **self.options))


def _asked(frame: Any) -> Asked | None:
    """The universal function that a frame is of, or its method, or whose operator."""
    code, held = frame.f_code, frame.f_locals
    if code in METHODS:
        args = [held[name] for name in code.co_varnames[1 : code.co_argcount]]
        if args[-1] is NOTHING and METHODS[code] == "at":
            args.pop()
        return Asked(held, held["self"], METHODS[code], tuple(args), {})
    if code is ufunc.__call__.__code__:
        function, operands = held["self"], held["operands"]
        plain = not held["options"] and len(operands) == function.nin
        return Asked(held, function, "__call__", operands, {}) if plain else None
    if code is ufunc.with_options.__code__:
        return Asked(held, held["self"], "__call__", held["operands"], _options(held))
    if code.co_name == "operator" and isinstance(held.get("function"), ufunc):
        operands = tuple(held[name] for name in "xy" if name in held)
        return Asked(held, held["function"], "__call__", operands, {})
    return None


def _options(held: Any) -> dict[str, Any]:
    """NumPy's options of a call with any, with arrays to write to that are like those given."""
    places = tuple(x if x is None else np.empty(x.shape, x.dtype) for x in held["targets"])
    given = any(x is not None for x in places)
    options = {"casting": held["casting"], "out": places if given else None}
    if held["where"] is not True:
        options["where"] = _numpys(held["where"])
    if held["signature"] is not None:
        options["signature"] = _numpys(held["signature"])
    elif held["dtype"] is not None:
        options["dtype"] = _numpys(dtype_of(held["dtype"]))
    return options


def _numpys(value: Any) -> Any:
    """What NumPy takes for an argument: a copy of an array, which it may write to."""
    if isinstance(value, DType):
        return value.numpy_dtype
    if isinstance(value, tuple):
        return tuple(map(_numpys, value))
    return np.array(value) if isinstance(value, OURS) else value


# -- the op ----------------------------------------------------------------------------------------


def _again(call: Call, operands: list[Any], result: Any) -> Callable[[], Any] | None:
    """An op as NumPy's function of its operands; None if there is none."""
    name, params = call.op.name, call.op.keywords(call.params)
    if name in FOLDS:
        return lambda: FOLDS[name].reduce(operands[0], params["axes"])
    if name in SCANS:
        return lambda: SCANS[name].accumulate(operands[0], -1)
    if name == "cast":
        kept = operands[0] if kind_of(result.dtype) == "c" else operands[0].real
        return lambda: kept.astype(result.dtype)
    if name == "matmul":
        x, y = operands if len(operands) == 2 else operands * 2
        x, y = x.mT if params["transpose_x"] else x, y.mT if params["transpose_y"] else y
        return lambda: np.matmul(x, y)
    function = getattr(np, NAMES.get(name, name), None)
    return partial(function, *operands) if isinstance(function, np.ufunc) else None


def _told(function: Callable[[], Any]) -> list[str]:
    """The kinds of errors that NumPy tells of, in its order."""
    found: list[int] = []
    with np.errstate(all="call", call=lambda said, flag: found.append(flag)):
        function()
    return [kind for kind, flag in FLAGS.items() if any(flag & one for one in found)]


# -- its numbers -----------------------------------------------------------------------------------


def _of_values(call: Call, operands: list[Any], result: Any) -> list[str]:
    """What the numbers themselves tell of: infinities that come of finite ones, and NaNs of what
    is none; of all of an operand, unless each element of the result comes of one.
    """
    finite: Any = True
    number: Any = True
    for x in operands:
        if kind_of(x.dtype) in "fc":
            is_finite, is_number = np.isfinite(x), ~np.isnan(x)
            if call.op.family != "elementwise":
                is_finite, is_number = is_finite.all(), is_number.all()
            finite, number = finite & is_finite, number & is_number
    invalid = (np.isnan(result) & number).any()
    over = operands[0].size and (np.isinf(result) & finite).any()  # of nothing, an extreme is
    return ["over"] * bool(over) + ["invalid"] * bool(invalid)
