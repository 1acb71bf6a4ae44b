"""`Op`: a primitive, with its shape and dtype rule, its computation and its VJP rule in one place;
and `Call`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ngrad.errors import DTypeError
from ngrad.graph.layout import Layout
from ngrad.graph.program import Program

Params = tuple[Any, ...]


class Call:
    """An op resolved for its params and the layouts of its inputs: all that is known before values
    are.

    There is one call for each (op, params, layouts), so that a sequence of calls is a structure
    that compares and hashes fast. What differs between two runs of a call is only addresses.

    Attributes
    ----------
    op, params, inputs
        What was resolved.
    outputs : tuple of Layout
        Of each result.
    program : Program or None
        What `run` launches, if it launches kernels and does nothing else.
    several : bool
        Whether `run` returns a tuple of results, or one, bare.
    saves : dict
        For each set of tracked inputs (as bits), the positions (inputs first, then outputs) of the
        values that the VJP rule reads; filled by `graph.differentiate`.
    """

    __slots__ = ("inputs", "op", "outputs", "params", "program", "run", "saves", "several")

    def __init__(
        self,
        op: Op,
        params: Params,
        inputs: tuple[Layout, ...],
        outputs: tuple[Layout, ...],
        run: Callable[..., Any],
        several: bool = False,
    ) -> None:
        self.several = several
        self.program: Program | None = None
        self.op, self.params, self.inputs, self.outputs, self.run = op, params, inputs, outputs, run
        self.saves: dict[int, tuple[int, ...]] = {}

    def __repr__(self) -> str:
        return f"{self.op.name}({', '.join(map(repr, self.inputs))})"


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
        "elementwise", "reduction", "shape", ...; "engine" for what only tapes use, "opaque" for a
        user's Python.
    """

    runner: ClassVar[Callable[[Program, int, Layout], Callable[..., Any]]]
    """Makes a callable over tensors of a program; set where tensors are run."""

    def __init__(
        self,
        name: str,
        infer: Callable[..., Any],
        prepare: Callable[..., Any],
        params: tuple[str, ...] = (),
        family: str = "",
    ) -> None:
        self.name, self.infer, self.prepare, self.params = name, infer, prepare, params
        self.family = family
        self.calls: dict[Any, Call] = {}
        self.rule: Callable[..., Any] | None = None
        if family != "opaque":  # one for each use, and gone with it
            TABLE[name] = self

    def vjp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Register the VJP rule: `rule(g, out, *inputs, **params)` gives a cotangent (or None) for
        each input.

        Ordinary Python over ops; it is traced. `g` has the shape of the result; a cotangent may
        have the shape that the inputs broadcast to: whoever traces sums it back.
        """
        self.rule = rule
        return rule

    def keywords(self, params: Params) -> dict[str, Any]:
        return dict(zip(self.params, params, strict=True))

    def call(self, params: Params, layouts: tuple[Layout, ...]) -> Call:
        """The call for params and layouts, resolved once."""
        key = (params, layouts)
        found = self.calls.get(key)
        if found is None:
            keywords = self.keywords(params)
            out = self.infer(*layouts, **keywords)
            several = isinstance(out, tuple)
            how, outputs = self.prepare(layouts, out, **keywords)
            program = how if isinstance(how, Program) else None
            run = how if program is None else Op.runner(program, len(layouts), outputs)
            found = Call(
                self, params, layouts, tuple(outputs) if several else (outputs,), run, several
            )
            found.program = program
            if len(self.calls) > CALLS_LIMIT:
                self.calls.clear()
            self.calls[key] = found
        return found

    def __repr__(self) -> str:
        return f"<op {self.name}>"


CALLS_LIMIT = 1 << 14
TABLE: dict[str, Op] = {}
"""Every op by name: what tests, benchmarks and the documentation's tables run over."""


def require(op: str, layout: Layout, kinds: str, what: str) -> None:
    """Raise unless a dtype is of one of the kinds (of "f", "i", "u", "b").

    Raises
    ------
    DTypeError
        Naming the op, the dtype and what it takes.
    """
    if layout.dtype.code[0] not in kinds:
        raise DTypeError(f"{op}: takes {what}, not {layout.dtype.name}; convert with ngrad.cast")
