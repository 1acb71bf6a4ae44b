"""`Op`: a primitive, with its shape and dtype rule, its computation and its VJP rule in one place;
and `Call`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from ngrad.devices import HOST, Device
from ngrad.dtypes import DType
from ngrad.errors import DeviceError, DTypeError
from ngrad.graph.cost import FREE, Cost
from ngrad.graph.dims import is_open
from ngrad.graph.layout import Layout
from ngrad.graph.program import Program
from ngrad_kernels.garbage import NAMED
from ngrad_kernels.native import untracked

Params = tuple[Any, ...]
Sample = tuple[Params, tuple[tuple[DType, tuple[int, ...]], ...]]
"""A call: params, and the dtype and shape of each operand."""


class Call:
    """An op resolved for its params and the layouts of its inputs: all that is known before values
    are.

    There is one call for each (op, params, layouts), so that a sequence of calls is a structure
    that compares and hashes fast. What differs between two runs of a call is only addresses. How a
    call runs is worked out, and its kernels compiled or loaded, when it first does: a call that is
    only recorded costs neither.

    Attributes
    ----------
    op, params, inputs
        What was resolved.
    specs, spec : tuple of Layout, and Layout
        Of each result, and of the first, in row-major order.
    several : bool
        Whether `run` returns a tuple of results, or one, bare.
    run : callable
        Over tensors that have their values.
    open : bool
        Whether there are open sizes in it: then it belongs to a recording, and is never run.
    size : int or float
        Bytes of operands and results, if all lie on the CPU and the op is the library's own;
        else infinite.
    cost : Cost
        What a run by itself costs, and how many there were.
    view, shows : bool
        Whether its op gives, if possible, the first operand's own memory, and whether this call
        does, as is known once it is prepared.
    launches, bytes : int
        How often `run` launches kernels, and what it reads and writes if each element is read
        once; known once the call is prepared.
    """

    __slots__ = (
        "_outputs", "_program", "bytes", "cost", "inputs", "launches", "op", "open", "params",
        "run", "several", "shows", "size", "spec", "specs", "view",
    )  # fmt: skip
    run: Callable[..., Any]

    def __init__(
        self,
        op: Op,
        params: Params,
        inputs: tuple[Layout, ...],
        specs: tuple[Layout, ...],
        run: Callable[..., Any] | None = None,
        several: bool = False,
    ) -> None:
        self.op, self.params, self.inputs, self.specs = op, params, inputs, specs
        self.spec = specs[0]
        self.several = several
        self.view = op.view
        self.shows = False
        size = math.inf if op.family in NEVER_AT_ONCE else 0
        open_ = bool(params) and is_open(params)
        for where in (*inputs, *specs):
            size += where.read
            open_ = open_ or where.open
        self.open, self.size = open_, math.inf if open_ else size
        self.launches = self.bytes = 0
        self.cost = FREE
        self._program: Program | None = None
        self._outputs: tuple[Layout, ...] | None = None if run is None else specs
        if open_:
            self.run = _never
        elif run is not None:
            self.run = run
        if self.size < math.inf:
            # Most of what a program keeps whose sizes are new each time: what leads back to a call
            # of the library's is its op alone, which stays.
            untracked(self, inputs, specs)

    if not TYPE_CHECKING:  # which would know no name that is wrong

        def __getattr__(self, name: str) -> Any:
            """`run`, before the first: what is only recorded has no object for it."""
            if name == "run":
                return self._first_run
            raise AttributeError(name)

    def _first_run(self, *inputs: Any) -> Any:
        self._prepare()
        return self.run(*inputs)

    def _prepare(self) -> None:
        out = self.specs if self.several else self.specs[0]
        how, outputs = self.op.prepare(self.inputs, out, **self.op.keywords(self.params))
        device = self.spec.device
        if device is not HOST and not (isinstance(how, Program) or self.op.anywhere):
            how, outputs = Op.by_host(self)
        self._program = how if isinstance(how, Program) else None
        if self.several:
            outputs = tuple([where.on(device) for where in outputs])
        else:
            outputs = outputs.on(device)
        results = outputs if self.several else (outputs,)
        launches = () if self._program is None else self._program.launches
        self.launches = sum([not launch.alongside for launch in launches])
        if self._program is not None and self._program.moved is not None:
            self.bytes = self._program.moved
        elif self._program is None or self.launches:
            self.bytes = sum([where.distinct_bytes for where in (*self.inputs, *results)])
        if self.launches or self.bytes:  # else it is free
            self.cost = Cost(self.launches, self.bytes, plans=0)
        self.shows = self._program is not None and self._program.view is not None
        # Last, since threads may meet here: whoever sees the outputs sees the rest.
        if not self.open:
            run = how if self._program is None else Op.runner(how, len(self.inputs), outputs)
            self.run = run
        self._outputs = results

    @property
    def outputs(self) -> tuple[Layout, ...]:
        """The layout of each result as `run` makes it."""
        if self._outputs is None:
            self._prepare()
        assert self._outputs is not None
        return self._outputs

    @property
    def shown(self) -> bool:
        """As `shows`, of a call that may not be prepared yet; of open sizes nothing is shown."""
        return not self.open and self.program is not None and self.shows

    @property
    def program(self) -> Program | None:
        """What `run` launches, if it launches kernels and does nothing else."""
        if self._outputs is None:
            self._prepare()
        return self._program

    def __repr__(self) -> str:
        ops = ", ".join(dict.fromkeys(self.ops))
        name = self.op.name if ops == self.op.name else f"{self.op.name} {ops}"
        return f"{name}({', '.join(map(repr, self.inputs))})"

    @property
    def ops(self) -> list[str]:
        """The names of the ops that it stands for: most often of its own."""
        within = self.op.within
        return [self.op.name] if within is None else within(*self.params)


def _never(*_: Any) -> Any:
    raise AssertionError("a call with open sizes is recorded, and never run")


class Op:
    """A primitive operation.

    Parameters
    ----------
    name : str
        As errors, graphs and tables name it.
    infer : callable
        `infer(*layouts, **params) -> Layout` (or a tuple of them): the shape and dtype rule; it
        raises on what does not fit. Strides of what it returns are ignored.
    prepare : callable
        `prepare(call_inputs, output, **params) -> (how, output_layouts)`: how it is computed for
        given layouts, as a `Program`, or as a callable over tensors where it is more than launches.
    params : tuple of str
        Names of its static parameters, in order.
    family : str
        "elementwise", "reduction", "shape", ...; "engine" for what only recording uses, "kernel"
        for a user's kernels, "opaque" for a user's Python.
    widens : bool or callable
        Whether it has no form for floats of two bytes, or for layouts of which some are of such:
        they are converted to float32, and floats that it gives are rounded back.

    Attributes
    ----------
    rule, batching : callable or None
        The VJP rule, and the rule for inputs with one more leading axis.
    stacking : callable or None
        Along which axes its operands are stacked.
    onto : callable or None
        `onto(*params)` gives the op, and its params, that adds what this one gives to an operand
        before its own; None where it is better added afterwards.
    samples : callable or None
        Calls that between them need all its kernels, for what compiles these ahead (`ahead`).
    fusion
        How the op takes part in fused kernels (`fuse.py`); None if it does not.
    view : bool
        Whether the result is, if possible, its input's memory.
    moves : bool
        Whether the result lies on another device than the operands.
    limit : int
        Calls that are kept; where there are more, those that nobody else has are let go.
    over : bool
        Whether the result may take the memory of the first operand: where a plan finds that this
        dies, it sets the first parameter, `dies`.
    ends : bool
        Whether no tape follows a value through it, nor what is computed of the result.
    within : callable or None
        `within(*params)` gives the names of the ops that one stands for which stands for several.
    anywhere : bool
        Whether what `prepare` gives, if it is no program, runs on every device. If not, the op runs
        on the CPU there, on copies.
    """

    runner: ClassVar[Callable[[Program, int, Layout], Callable[..., Any]]]
    """Makes a callable over tensors of a program; set where tensors are run."""
    by_host: ClassVar[Callable[[Call], tuple[Callable[..., Any], Any]]]
    """How a call runs on copies on the CPU, and its results' layouts; set where copies are made."""

    def __init__(
        self,
        name: str,
        infer: Callable[..., Any],
        prepare: Callable[..., Any],
        params: tuple[str, ...] = (),
        family: str = "",
        widens: bool | Callable[..., bool] = False,
    ) -> None:
        self.name, self.infer, self.prepare, self.params = name, infer, prepare, params
        self.family = family
        self.calls: dict[Any, Call] = {}
        self.limit, self._held = CALLS_LIMIT, 0
        self.rule: Callable[..., Any] | None = None
        self.batching: Callable[..., Any] | None = None
        self.stacking: Callable[..., tuple[int, ...] | None] | None = None
        self.onto: Callable[..., tuple[Op, Params] | None] | None = None
        self.samples: Callable[[DType], Iterable[Sample]] | None = None
        self.fusion: Any = None
        self.within: Callable[..., list[str]] | None = None
        self.view = self.moves = self.over = self.ends = False
        self.anywhere = family == "opaque"
        self.widens = widens
        if family not in USERS:
            TABLE[name] = self

    def vjp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Register the VJP rule: `rule(g, out, *inputs, **params)` gives a cotangent (or None) for
        each input.

        Ordinary Python over ops; it is traced. `g` has the shape of the result; a cotangent may
        have the shape that the inputs broadcast to: whoever traces sums it back.
        """
        self.rule = rule
        return rule

    def batch(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Register the batching rule (`batch.py` says what it takes and returns)."""
        self.batching = rule
        return rule

    def stacked(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Register along which axes operands of several calls are to lie behind each other for one
        call to give the sum of their results (`terms.py`): `rule(*layouts, **params)` gives an axis
        for each operand, or None where there are none.
        """
        self.stacking = rule
        return rule

    def ahead(self, samples: Callable[[DType], Iterable[Sample]]) -> Callable[..., Any]:
        """Register calls for a dtype, as params and its operands' dtypes and shapes, that between
        them need all kernels which the op has for it: of an op with kernels of its own. Those that
        it does not take are left out.
        """
        self.samples = samples
        return samples

    def keywords(self, params: Params) -> dict[str, Any]:
        return dict(zip(self.params, params, strict=True))

    def results(self, layouts: tuple[Layout, ...], params: Params) -> Any:
        """What an application gives: a row-major layout, or a tuple of them, where its operands
        lie.

        Raises
        ------
        DeviceError
            If these lie on several devices.
        """
        device = None if self.moves or not layouts else common_device(self.name, layouts)
        out = self.infer(*layouts, **self.keywords(params)) if params else self.infer(*layouts)
        if type(out) is not Layout:
            return tuple([where.spec if device is None else where.spec.on(device) for where in out])
        if out.contiguous and (device is None or device is out.device):
            return out
        return out.spec if device is None else out.spec.on(device)

    def call(self, params: Params, layouts: tuple[Layout, ...]) -> Call:
        """The call for params and layouts, resolved once."""
        found = self.calls.get((params, layouts))
        return self._resolved(params, layouts) if found is None else found

    def is_widened(self, layouts: tuple[Layout, ...]) -> bool:
        """Whether it has no form for operands, of which some are floats of two bytes."""
        widens = self.widens
        if widens is False:
            return False
        for where in layouts:
            if where.dtype.is_half:
                return widens is True or widens(*layouts)
        return False

    def anew(self, params: Params, layouts: tuple[Layout, ...]) -> Call | None:
        """As `call`, of one that is not there yet; None if operands are to be converted, or moved,
        first.
        """
        if self.widens is not False and self.is_widened(layouts):
            return None
        if not self.moves:
            for where in layouts:
                if where.device is not layouts[0].device:
                    return None
        return self._resolved(params, layouts)

    def _resolved(self, params: Params, layouts: tuple[Layout, ...]) -> Call:
        out = self.results(layouts, params)
        several = type(out) is tuple
        made = Call(self, params, layouts, out if several else (out,), several=several)
        if made.open:
            return made  # one recording's
        self.make_room()
        key = params, layouts
        if made.size < math.inf:
            untracked(key)
        return self.calls.setdefault(key, made)  # another thread may have come first

    def make_room(self) -> None:
        """Let go of the calls that nobody else has, if there are too many: those of a program stay
        the same ones as long as its plan is kept, by which it is known when it comes again. Of what
        a plan alone asks for, which holds it, all go.
        """
        if len(self.calls) < max(self.limit, 2 * self._held):
            return
        if self.family == "engine":
            self.calls.clear()
            return
        for key in list(self.calls):
            call = self.calls.get(key)  # or None, if another thread was here
            if sys.getrefcount(call) == NAMED + 1:
                self.calls.pop(key, None)
        self._held = len(self.calls)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def common_device(op: str, layouts: tuple[Layout, ...]) -> Device:
    """The device on which all operands lie.

    Raises
    ------
    DeviceError
        Naming the op and two devices.
    """
    device = layouts[0].device
    for where in layouts:
        if where.device is not device:
            raise DeviceError(
                f"{op}: operands lie on {device} and {where.device}; move one with "
                f'`.to_device("{device}")`'
            )
    return device


CALLS_LIMIT = 1 << 14
FUSED_LIMIT = 1 << 8
"""Of ops that plans are made of, which hold their calls themselves: of each some ten kilobytes."""
USERS = ("kernel", "opaque")
"""Families of ops that programs make, and that go with them: they are in no table."""
NEVER_AT_ONCE = (*USERS, "engine")
"""Families of ops that no size has run where they are called."""
TABLE: dict[str, Op] = {}
"""Every op by name: what tests, benchmarks and the documentation's tables run over."""


def require(op: str, layout: Layout, kinds: str, what: str) -> None:
    """Raise unless a dtype is of one of the kinds (of "f", "i", "u", "b", "c"; "h" is floats of two
    bytes).

    Raises
    ------
    DTypeError
        Naming the op, the dtype and what it takes.
    """
    dtype = layout.dtype
    if ("h" if dtype.is_half else dtype.code[0]) not in kinds:
        such = f"{what} of at least 4 bytes an element" if dtype.is_half else what
        raise DTypeError(f"{op}: takes {such}, not {dtype.name}; convert with ngrad.cast")
