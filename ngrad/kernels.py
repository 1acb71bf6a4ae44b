"""`kernel_op`: a user's Numba kernels, for the CPU and for GPUs, as an op with a derivative of its
own.

The op is like any other, but for two things. It runs where it is called, since a user's kernel may
fail. And its derivative is an opaque op: Python that is called at each gradient, so that nothing
that it closes over is kept in a plan.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, overload

from ngrad.custom import cotangents
from ngrad.devices import HOST, Device
from ngrad.errors import DeviceError, GradientError, ShapeError
from ngrad.graph.differentiate import tools
from ngrad.graph.dims import Dim
from ngrad.graph.layout import Layout, layout
from ngrad.graph.op import Op
from ngrad.graph.strides import broadcast
from ngrad.ops.batching import looped
from ngrad.ops.convert import device_beside, from_outside, operands, tensor
from ngrad.ops.shape import spread
from ngrad.ops.weak import Weak
from ngrad.record import apply_now, state
from ngrad.signature import TensorSpec
from ngrad.statics import static
from ngrad.tensor import Tensor
from ngrad.together import Together, levels_of
from ngrad.ufuncs import aligned, core_axes

METHODS = (None, "sequential", "expand_dims", "broadcast_all")
"""How a kernel may go over a batch."""


COUNT = "count of results"
"""A parameter of derivatives, of no name that a user's can have; 0 for one that is no tuple."""


class OnDevice:
    """What stands for a tensor's memory on a GPU, which it keeps alive."""

    __slots__ = ("__array_interface__", "_buffer")

    def __init__(self, x: Tensor, writable: bool) -> None:
        self._buffer, where = x._buffer, x._layout
        self.__array_interface__ = {
            "version": 3,
            "shape": where.shape,
            "strides": None if where.contiguous else where.strides,
            "typestr": where.dtype.typestr,
            "data": (x._address, not writable),
        }


def _memory(x: Tensor, writable: bool = False) -> Any:
    """A tensor's memory for a user's kernel: a NumPy array, or what a device makes one of its own
    of.
    """
    if x._layout.device is HOST:
        return x._layout.array(x._address, x._buffer, writable)
    return OnDevice(x, writable)


class KernelOp:
    """An op of a user's kernels. Made by `ngrad.kernel_op`."""

    def __init__(self, rule: Callable[..., Any], vmap_method: str | None = None) -> None:
        if vmap_method not in METHODS:
            raise ValueError(
                f"kernel_op: vmap_method is one of {', '.join(map(repr, METHODS))}, not "
                f"{vmap_method!r}"
            )
        functools.update_wrapper(self, rule)
        self._name = rule.__name__
        self._specs = rule
        self._signature = inspect.signature(rule)
        params = []
        for parameter in self._signature.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                raise TypeError(f"kernel_op: {self._name} must name its parameters, not take **")
            if parameter.kind is parameter.KEYWORD_ONLY:
                params.append(parameter.name)
        self._cpu: Callable[..., Any] | None = None
        self._cuda: Callable[..., Any] | None = None
        self._vjp: Callable[..., Any] | None = None
        self._params, self._vmap_method = tuple(params), vmap_method
        self._ops: dict[int, Op] = {}
        self._op = self._op_of(0)
        self._gradient = Op(
            f"gradient of {self._name}",
            lambda *layouts, **params: layouts[2 * max(params[COUNT], 1) :],
            self._prepare_gradient,
            (COUNT, *self._params),
            family="opaque",
        )

    def _op_of(self, lead: int) -> Op:
        """The op over operands of which so many first axes are those of batches; or 1 each, where
        an operand is the same for all.
        """
        return self._ops.get(lead) or self._ops.setdefault(lead, self._made(lead))

    def _made(self, lead: int) -> Op:
        infer, prepare, rule, over = (
            functools.partial(method, lead)
            for method in (self._infer, self._prepare, self._backward, self._over)
        )
        op = Op(self._name, infer, prepare, self._params, family="kernel")
        op.vjp(rule)
        op.batch(over)
        op.anywhere = self._cuda is not None
        return op

    def __repr__(self) -> str:
        return f"<kernel op {self._name}{self._signature}>"

    # -- what it is made of ------------------------------------------------------------------------

    def cpu(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Register what computes it on the CPU: `function(*inputs, *params, *results)`, over NumPy
        arrays, of which it writes the results.
        """
        self._cpu = function
        return function

    def cuda(self, launcher: Callable[..., Any]) -> Callable[..., Any]:
        """Register what computes it on a GPU: `launcher(stream, *inputs, *params, *results)`
        launches kernels on the stream, over Numba's device arrays, of which they write the results.
        """
        self._cuda = launcher
        for op in self._ops.values():
            op.anywhere = True
        return launcher

    def vjp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Register the derivative: `rule(g, out, *inputs, **params)` gives a cotangent for each
        input, None for zeros; it may have the shape that the inputs broadcast to. All are tensors;
        `g` and `out` are tuples if there are several results.
        """
        self._vjp = rule
        return rule

    # -- a call ------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **params: Any) -> Any:
        bound = self._signature.bind(*args, **params)
        bound.apply_defaults()
        inputs = self._tensors(bound.args)
        if state.stack:
            state.window.opaque = True
        return apply_now(
            self._op, inputs, tuple([static(bound.kwargs[k]) for k in self._op.params])
        )

    def _tensors(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Operands as tensors, each of its own dtype; a Python number of that of the others of its
        kind.
        """
        if not values:
            raise TypeError(f"{self._name}: a kernel op takes at least one operand")
        read = [from_outside(x) for x in values]
        kinds = [_kind(x) for x in read]
        device = device_beside(*read)
        made = [
            x if k else tensor(x, self._name, None, device)
            for x, k in zip(read, kinds, strict=True)
        ]
        strong = [x for x, k in zip(made, kinds, strict=True) if not k]
        for place, kind in enumerate(kinds):
            like = [x for x in strong if x.dtype.code[0] in kind]
            if like:
                made[place] = operands(self._name, made[place], *like)[0]
            elif kind:
                made[place] = tensor(made[place], self._name)
        return tuple(made)

    # -- the op ------------------------------------------------------------------------------------

    def _infer(self, lead: int, /, *inputs: Layout, **params: Any) -> Any:
        if inputs[0].device is HOST and self._cpu is None:
            raise DeviceError(
                f"{self._name}: has no form for the CPU, where its operands lie; move them to a "
                f'GPU with `.to_device("cuda")`, or give it one with `@{self._name}.cpu`'
            )
        try:
            given = [TensorSpec(x.shape[lead:], x.dtype) for x in inputs]
            found = self._specs(*given, **_plain(params))
        except Exception as error:
            error.add_note(f"in the rule of kernel op {self._name}")
            raise
        specs = found if isinstance(found, tuple) else (found,)
        for spec in specs or (found,):
            if not isinstance(spec, TensorSpec) or any(n is None or n < 0 for n in spec.shape):
                raise ShapeError(
                    f"{self._name}: its rule must return an ngrad.TensorSpec of known sizes, or a "
                    f"tuple of them, not {found!r}"
                )
        sizes = broadcast(*[x.shape[:lead] for x in inputs])
        made = tuple([layout(spec.dtype, (*sizes, *spec.shape)) for spec in specs])
        return made if isinstance(found, tuple) else made[0]

    def _prepare(self, lead: int, inputs: tuple[Layout, ...], out: Any, /, **params: Any) -> Any:
        several = isinstance(out, tuple)
        specs: tuple[Layout, ...] = out if several else (out,)
        values = tuple(_plain(params).values())
        sizes = [x.nbytes for x in specs]

        def run(*tensors: Tensor) -> Any:
            pool = specs[0].device.pool  # at the same addresses in a loop, where plans read them
            lists = pool.own_lists((self._name, *map(pool.class_size, sizes)), sizes)
            buffers = [pool.take_of(own) for own in lists]
            results = tuple([Tensor(b, b.address, x) for b, x in zip(buffers, specs, strict=True)])
            if any(where.size for where in specs):
                self._launch(specs[0].device, lead, tensors, values, results)
            return results if several else results[0]

        return run, out

    def _launch(
        self,
        device: Device,
        lead: int,
        inputs: tuple[Tensor, ...],
        params: tuple[Any, ...],
        results: tuple[Tensor, ...],
    ) -> None:
        """Have the user's kernel write the results."""
        layouts = [x._layout for x in inputs]  # not what holds memory: it may run later
        count = len(layouts)

        def run(stream: Any, arrays: list[Any]) -> None:
            reads, writes = arrays[:count], arrays[count:]
            try:
                if device is HOST:
                    assert self._cpu is not None
                    if lead:
                        reads = aligned(self._cpu, lead, reads, len(params), writes)
                    returned = self._cpu(*reads, *params, *writes)
                else:
                    assert self._cuda is not None
                    returned = self._cuda(stream, *reads, *params, *writes)
                self._require_none(returned, writes)
            except Exception as error:
                given = ", ".join(map(repr, layouts))
                error.add_note(f"in kernel op {self._name}({given})")
                raise

        if device is not HOST:
            device.target.use([x._buffer for x in inputs])
        reads = [_memory(x) for x in inputs]
        writes = [_memory(x, writable=True) for x in results]
        device.target.run_user(run, [*reads, *writes])

    def _require_none(self, returned: Any, writes: list[Any]) -> None:
        """Refuse what was meant to be the result, and would be lost: ufuncs return what they wrote
        to.
        """
        for value in returned if isinstance(returned, tuple) else (returned,):
            if value is not None and all(value is not array for array in writes):
                raise TypeError(
                    f"{self._name}: its kernel returned {type(value).__name__}; it must write its "
                    "results to the arrays that come last, and return nothing"
                )

    # -- a batch -----------------------------------------------------------------------------------

    def _over(
        self, lead: int, size: int, batched: Sequence[bool], /, *inputs: Any, **params: Any
    ) -> Any:
        """The batching rule: one call of the kernel, if it goes over one more axis in front."""
        method = self._vmap_method
        if method is None:
            on_cpu = self._cuda is None or inputs[0]._layout.device is HOST
            alone = on_cpu and core_axes(self._cpu, 0) is not None
            method = "expand_dims" if alone else "sequential"
        op = self._op_of(lead)
        if method == "sequential":
            return looped(op, size, batched, *inputs, **params)
        ones = 1 if method == "expand_dims" else size
        pairs = zip(inputs, batched, strict=True)
        given = tuple([x if many else spread(x, ones) for x, many in pairs])
        return apply_now(self._op_of(lead + 1), given, tuple(params.values()))

    # -- its derivative ----------------------------------------------------------------------------

    def _backward(self, lead: int, g: Any, out: Any, /, *inputs: Any, **params: Any) -> Any:
        """The rule of the op, as far as it can be traced: a node that calls the user's."""
        if self._vjp is None:
            raise GradientError(
                f"{self._name}: has no derivative, and one was asked for; give it one with "
                f"`@{self._name}.vjp`"
            )
        assert state.graph is not None
        several = isinstance(g, tuple)
        upstream = tuple(map(tools.conj, g if several else (g,)))
        given = (*upstream, *(out if several else (out,)), *inputs)
        op, own = self._gradient, (len(g) if several else 0, *params.values())
        if lead:
            op, given, levels = Together.of(op), *levels_of(lead, upstream[0]._layout.shape, given)
            own = levels, *own
        found = state.graph.apply(op, given, own)
        return tuple(map(tools.conj, found))

    def _prepare_gradient(
        self, layouts: tuple[Layout, ...], outputs: tuple[Layout, ...], /, **params: Any
    ) -> Any:
        results = params.pop(COUNT)
        count = max(results, 1)

        def run(*tensors: Tensor) -> tuple[Tensor, ...]:
            assert self._vjp is not None
            g, out = tensors[:count], tensors[count : 2 * count]
            given = (g, out) if results else (g[0], out[0])
            found = self._vjp(*given, *tensors[2 * count :], **_plain(params))
            found = tuple(found) if isinstance(found, (tuple, list)) else (found,)
            if len(found) != len(outputs):
                raise ValueError(
                    f"{self._name}: its vjp returned {len(found)} cotangents for {len(outputs)} "
                    "inputs; give each one, or None"
                )
            fitted = [self._fitted(*pair) for pair in zip(found, outputs, strict=True)]
            return cotangents(f"{self._name}: its vjp", fitted, outputs)

        return run, outputs

    def _fitted(self, value: Any, where: Layout) -> Any:
        """A cotangent for an input, summed over the axes that the input was broadcast along."""
        if value is None or not where.dtype.is_inexact:
            return None
        value = tensor(value, self._name)
        try:
            broadcast(value._layout.shape, where.shape)
        except ValueError:
            return value  # which is refused
        return tools.fit(value, where)


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    """Params as the user gave them."""
    return {name: value.value for name, value in params.items()}


def _kind(value: Any) -> str:
    """The kinds of dtype that a Python number takes; none for what is no such number."""
    kind = value.kind if isinstance(value, Weak) else type(value)
    return {complex: "c", float: "fc", int: "iu", Dim: "iu", bool: "b"}.get(kind, "")


@overload
def kernel_op(rule: Callable[..., Any], *, vmap_method: str | None = None) -> KernelOp: ...
@overload
def kernel_op(
    rule: None = None, *, vmap_method: str | None = None
) -> Callable[[Callable[..., Any]], KernelOp]: ...
def kernel_op(rule: Any = None, *, vmap_method: str | None = None) -> Any:
    """Make an op of kernels of your own, with a derivative of its own.

    Parameters
    ----------
    rule : callable
        The op's name, its arguments, and its shape and dtype rule: from a `TensorSpec` of each
        operand it makes that of the result, or a tuple of them. Keyword-only arguments are static
        parameters: hashable, and passed to the kernels between operands and results. It depends on
        nothing but its arguments.
    vmap_method : {"sequential", "expand_dims", "broadcast_all"}, optional
        How the kernels go over a batch (under `vmap`, and in a Jacobian where a derivative calls
        the op), as of `jax.pure_callback`: called for one example after another; or once, with
        operands and results that have one more axis in front. What is the same for all has a size
        of 1 there, or is repeated along it, by a stride of 0. If not given, functions of
        `numba.vectorize` and `guvectorize` are called once, others for one after another.

    Returns
    -------
    KernelOp
        To be called with tensors. `cpu`, `cuda` and `vjp` are decorators that register how it is
        computed on either, and its derivative; docs/kernels.md says what each is called with.

    Raises
    ------
    GradientError
        At a gradient, if it has no derivative, naming it.
    DeviceError
        At a call, if it has no form for where its operands lie.

    Examples
    --------
    >>> import numba
    >>> import ngrad
    >>> @kernel_op
    ... def cube(x):
    ...     return ngrad.TensorSpec(x.shape, x.dtype)
    >>> @cube.cpu
    ... @numba.vectorize
    ... def _(x):
    ...     return x * x * x
    >>> @cube.vjp
    ... def _(g, out, x):
    ...     return 3.0 * g * x * x
    >>> float(ngrad.grad(cube)(2.0))
    12.0
    """
    if rule is None:
        return functools.partial(KernelOp, vmap_method=vmap_method)
    return KernelOp(rule, vmap_method)


__all__ = ["KernelOp", "kernel_op"]
