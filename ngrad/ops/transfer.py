"""Copies between devices, recorded as an op: a cotangent goes back the way its value came."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from ngrad.devices import HOST, Device, device_of
from ngrad.graph.entries import CONSTANT_OF, SCALAR
from ngrad.graph.layout import Layout
from ngrad.graph.op import Call, Op, common_device
from ngrad.ops.convert import from_outside
from ngrad.ops.launching import dense, prepare_copy
from ngrad.record import apply, move, state
from ngrad.replay import runner
from ngrad.status import settle
from ngrad.tensor import Tensor, empty
from ngrad.tracing import Trace
from ngrad.window import Window, recorded


def copied(x: Tensor, out: Layout) -> Tensor:
    """A copy of a tensor, recorded by nobody: its elements in row-major order, on the device of a
    layout.
    """
    source, target = x._layout.device, out.device
    if out.size == 0:
        return empty(out)
    if source is target:
        result: Tensor = _copier(x._layout, out)(x)
        return result
    x = dense(x._layout)(x)
    address = x._address
    made = empty(out)
    if source is HOST:
        target.target.copy_in(made._at, address, out.nbytes)
    elif target is HOST:
        source.target.use([x._block])
        source.target.copy_out(made._at, address, out.nbytes)
        settle(x._block)
    else:
        settle(x._block)
        target.target.use([x._block])
        target.target.copy(made._at, address, out.nbytes)
    return made


@functools.lru_cache(1024)
def _copier(source: Layout, out: Layout) -> Callable[..., Any]:
    program, where = prepare_copy(source, out)
    return runner(program, 1, where)


def _infer(x: Layout, device: Device) -> Layout:
    return x.on(device)


def _prepare(inputs: tuple[Layout, ...], out: Layout, device: Device) -> Any:
    return lambda x: copied(x, out), out


TRANSFER = Op("to_device", _infer, _prepare, ("device",), family="device")
TRANSFER.moves = TRANSFER.anywhere = True


@TRANSFER.vjp
def _(g: Any, out: Any, x: Any, device: Any) -> Any:
    return (apply(TRANSFER, (g,), (x._layout.device,)),)


TRANSFER.batch(lambda size, batched, x, device: apply(TRANSFER, (x,), (device,)))


def to_device(x: Any, device: str | Device) -> Any:
    """The tensor on a device: itself if it is there already, else a copy. Gradients go back.

    Raises
    ------
    DeviceError
        If there is no such device, saying what is missing.

    Examples
    --------
    >>> import ngrad
    >>> ngrad.constant([1.0, 2.0]).to_device("cpu").device
    'cpu'
    """
    chosen, x = device_of(device), from_outside(x)
    return x if x._layout.device is chosen else apply(TRANSFER, (x,), (chosen,))


def _together(op: str, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Operands on one device: those of no axes come from the CPU to where the others lie.

    Raises
    ------
    DeviceError
        If others lie on several.
    """
    layouts = [x._layout for x in inputs]
    far = [where for where in layouts if where.ndim or where.device is not HOST]
    device = common_device(op, tuple(far or layouts))
    return tuple([_brought(x, device) for x in inputs])


def _brought(x: Any, device: Device) -> Any:
    """An operand of no axes on a device. One that is pending, and follows from numbers alone, is
    computed there: so that a plan lies on one device.
    """
    window = state.window
    if type(x) is Tensor and x._window is window and x._layout.device is HOST:
        slot = _brought_slot(window, x._slot, device)
        if slot >= 0:
            return window.operand(slot)
    return to_device(x, device)


def _brought_slot(window: Window, slot: int, device: Device) -> int:
    """Where on a device what a slot has on the CPU is computed again; -1 if that takes more than
    numbers.
    """
    key = ~slot, window.entries[slot][0].spec.on(device)  # no `id`, as numbers have there
    found = window.numbers.get(key)
    if found is None:
        found = window.numbers[key] = _again(window, slot, device)
    return found


def _again(window: Window, slot: int, device: Device) -> int:
    call, *slots = window.entries[slot]
    where = call.spec.on(device)
    if call.op is SCALAR:
        value = window.kept.get(slot)
        if value is not None:
            return window.number(value, where)
        trace: Trace = window.trace  # a function asks for it at each call
        return trace.elsewhere(slot, where)
    if call.op is CONSTANT_OF:
        return window.constant(call.params[-1], where)
    if call.op.family != "elementwise" or call.spec.ndim:
        return -1
    operands = [_brought_slot(window, k, device) for k in slots]
    if min(operands, default=-1) < 0:
        return -1
    there = call.op.call(call.params, tuple([window.entries[k][0].spec for k in operands]))
    return recorded(window, there, *operands)._slot


def _on_host(x: Tensor) -> Tensor:
    """A copy on the CPU, which nothing records."""
    return copied(x, x._layout.spec.on(HOST))


_warned: set[str] = set()


def said(name: str, device: Device) -> None:
    """Say of an op, or of a function, that it has no form for a device: once."""
    if name not in _warned:
        _warned.add(name)
        warnings.warn(
            f"{name}: has no form for {device.kind} and runs on the CPU, between copies",
            RuntimeWarning,
            stacklevel=3,
        )


def _by_host(call: Call) -> tuple[Callable[..., Any], Any]:
    """How a call runs whose op has no form for its device."""
    op = call.op
    said(op.name, call.spec.device)
    host = op.call(call.params, tuple([where.spec.on(HOST) for where in call.inputs]))

    def run(*inputs: Tensor) -> Any:
        found = host.run(*[_on_host(x) for x in inputs])
        if not call.several:
            return copied(found, call.spec)
        return tuple([copied(x, spec) for x, spec in zip(found, call.specs, strict=True)])

    return run, call.specs if call.several else call.spec


Op.by_host = staticmethod(_by_host)
move.together = _together
Tensor.on_host = staticmethod(_on_host)
Tensor.own = staticmethod(lambda x: copied(x, x._layout.spec))
