"""`Variable`: a mutable cell over an immutable tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ngrad.cell import Cell
from ngrad.devices import HOST
from ngrad.dtypes import DType, as_dtype
from ngrad.errors import DTypeError, ShapeError, TraceError
from ngrad.giving import leave
from ngrad.operand import Operand
from ngrad.ops.convert import cast_to, tensor, unwrap
from ngrad.ops.identity import HELD, identity
from ngrad.ops.operators import attach
from ngrad.ops.scatters import Scattered
from ngrad.record import apply, copied, next_uid, state
from ngrad.reference import Reference
from ngrad.shape import Shape
from ngrad.tensor import Tensor
from ngrad.turns import turn


class Variable(Cell, Scattered, Operand[Tensor]):
    """A tensor that can be assigned to. It is read anywhere a tensor goes; tapes watch it when it
    is read.

    Parameters
    ----------
    initial_value : tensor-like, or callable that returns one
    trainable : bool
        Whether tapes watch it unasked.
    name : str, optional
    dtype : dtype, optional
        That of the initial value if not given (float32 and int32 for Python numbers).
    constraint : callable, optional
        Optimizers assign what it returns of the variable, after each update.

    Examples
    --------
    >>> import ngrad
    >>> v = ngrad.Variable([1.0, 2.0])
    >>> v.assign_add([1.0, 1.0]).numpy()
    array([2., 3.], dtype=float32)
    """

    __slots__ = ("__weakref__", "_constraint", "_held", "_name", "_trainable")
    _held: Tensor
    __array_priority__ = 101

    def __init__(
        self,
        initial_value: Any,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
        constraint: Callable[[Any], Any] | None = None,
    ) -> None:
        if constraint is not None and not callable(constraint):
            raise TypeError(f"Variable: constraint is a function of it, not {constraint!r}")
        if callable(initial_value) and not isinstance(initial_value, (Tensor, Variable)):
            initial_value = initial_value()
        wanted = None if dtype is None else as_dtype(dtype)
        value = tensor(initial_value, "Variable", wanted)
        if wanted is not None:
            value = cast_to(value, wanted)
        self._trainable, self._name = trainable, name or "Variable"
        self._constraint = constraint
        self._uid = next_uid()
        self._hold(value)

    def _hold(self, value: Tensor) -> None:
        # A tensor of its own: what is read before an assignment and after it are two values of one
        # variable.
        window = value._window
        if not value._at and window.trace is None and window.checks:
            _ = value._address  # an index may be out of bounds: then it keeps what it has
        if value._at and value._block.status is not None:
            value._block.status.raise_known()
        if value._at and value._block.shared:
            own = Tensor.own(value)
        elif value._at:
            own = Tensor(value._block, value._at, value._layout)
        else:
            own = apply(HELD, (copied(value),))
        trace = state.window.trace
        if trace is None:
            if not own._at and hasattr(self, "_held"):
                leave(self._held, own._window)
            self._held = own
        elif self._known(own):
            trace.assign(self, own)

    def _take(self, value: Tensor) -> None:
        """Hold a tensor that a run has just made, and that nobody else has."""
        block = value._block
        if block.status is not None:
            block.status.raise_known()
        if block.shared:
            self._hold(value)
        else:
            self._held = value

    def _known(self, value: Tensor) -> bool:
        """Whether there is a variable already; a new one takes a value that is there, or can be."""
        if hasattr(self, "_held"):
            return True
        trace = state.window.trace
        initial = value if value._at else trace.initial(value)
        if initial is None:
            raise TraceError(
                f"Variable {self._name!r}: is made in a `function` from what that computes; make "
                "it outside, or from a value that does not depend on the function's arguments"
            )
        self._held = initial
        trace.make(self, initial)
        return False

    @property
    def _tensor(self) -> Tensor:
        trace = state.window.trace
        return self._held if trace is None else trace.value_of(self, self._held)

    def _read(self) -> Tensor:
        """The value, for an op: every recorder hears of it."""
        for recorder in state.stack:
            recorder.variable_read(self)
        return self._tensor

    # -- reading -----------------------------------------------------------------------------------

    def value(self) -> Tensor:
        """A tensor of what the variable holds now; later assignments do not change it."""
        value: Tensor = identity(self._read())
        return value

    read_value = value

    def numpy(self) -> Any:
        return self._tensor.numpy()

    @property
    def trainable(self) -> bool:
        return self._trainable

    @property
    def constraint(self) -> Callable[[Any], Any] | None:
        return self._constraint

    def ref(self) -> Reference[Variable]:
        """A key for dicts and sets."""
        return Reference(self)

    @property
    def name(self) -> str:
        return self._name

    @property
    def shape(self) -> Shape:
        return self._tensor.shape

    @property
    def dtype(self) -> DType:
        return self._tensor.dtype

    @property
    def ndim(self) -> int:
        return self._tensor.ndim

    @property
    def size(self) -> int:
        return self._tensor.size

    @property
    def device(self) -> str:
        return self._tensor.device

    @property
    def _layout(self) -> Any:
        return self._tensor._layout

    def get_shape(self) -> Shape:
        return self._tensor.shape

    def item(self) -> Any:
        return self._tensor.item()

    def tolist(self) -> Any:
        return self._tensor.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._tensor.__array__(dtype, copy)

    def _exported(self, request: int) -> tuple[Tensor, int, int]:
        return self._tensor._exported(request)

    @property
    def __array_interface__(self) -> Any:
        return self._tensor.__array_interface__

    def __float__(self) -> float:
        return float(self._tensor)

    def __int__(self) -> int:
        return int(self._tensor)

    def __complex__(self) -> complex:
        return complex(self._tensor)

    def __index__(self) -> int:
        return self._tensor.__index__()

    def __bool__(self) -> bool:
        return bool(self._tensor)

    def __len__(self) -> int:
        return len(self._tensor)

    def __iter__(self) -> Any:
        return iter(self.value())

    def __format__(self, spec: str) -> str:
        return format(self._tensor, spec)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"<Variable {self._name!r} {repr(self._tensor)[len('<Tensor ') :]}"

    # -- assignment --------------------------------------------------------------------------------

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Variable:
        """Hold another value, of the same shape and dtype. Nothing flows back through an
        assignment. With `use_locking` neither this nor another update is done between what a
        thread reads and what it assigns, if those ask for it too; calls of a `function` do not.

        Raises
        ------
        ShapeError, DTypeError
            If the value does not fit; the variable keeps what it held.
        """
        if use_locking:
            with turn():
                return self.assign(value)
        new = tensor(value, "assign", self.dtype)
        loses = new.dtype.is_complex and not self.dtype.is_complex
        if loses or (isinstance(value, (Tensor, Variable)) and new.dtype is not self.dtype):
            raise DTypeError(
                f"assign: {self._name!r} is {self.dtype.name}, the value {new.dtype.name}; "
                "convert it with ngrad.cast"
            )
        new = cast_to(new, self.dtype)
        if new._layout.shape != self._layout.shape:
            raise ShapeError(
                f"assign: {self._name!r} has shape {self._layout.shape}, the value "
                f"{new._layout.shape}"
            )
        self._hold(new)
        return self

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Variable:
        """Add to the value in place."""
        if use_locking:
            with turn():
                return self.assign_add(delta)
        return self.assign(cast_to(self._tensor + self._delta(delta, "assign_add"), self.dtype))

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Variable:
        """Subtract from the value in place."""
        if use_locking:
            with turn():
                return self.assign_sub(delta)
        return self.assign(cast_to(self._tensor - self._delta(delta, "assign_sub"), self.dtype))

    def _delta(self, delta: Any, what: str) -> Any:
        """What is added to the value, in its dtype. On a GPU, a number that every dtype of its kind
        has stays one: an argument of the run, for which nothing is brought there.
        """
        where, kind = self._layout, type(delta)
        if where.device is not HOST:  # here a tensor costs less than an argument
            if kind is float and where.dtype.is_floating:
                return delta
            if kind is int and where.dtype.is_integer and 0 <= delta < 128:
                return delta
        return tensor(delta, what, where.dtype, where.device)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a part of a variable is assigned to by v.scatter_nd_update(indices, updates), all "
            "of it by v.assign(value)"
        )

    def __copy__(self) -> Variable:
        return Variable(self._tensor, self._trainable, self._name, None, self._constraint)

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        return self.__copy__()

    def __reduce__(self) -> Any:
        return Variable, (self._tensor, self._trainable, self._name, None, self._constraint)


unwrap[Variable] = Variable._read
attach(Variable)
