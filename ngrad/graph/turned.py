"""Elementwise ops whose results do not lie by rows, in the order in which they lie: a rewrite of
what is to be cut.

The result of an elementwise op lies as its operands do: that of a transposed one in the order of
its memory. A loop nest stores by rows. So here such an op is one of its operands with their axes in
that order, whose result lies by rows, and a view of that stands for it: what is computed of
transposed values is a flat run of elements again. What takes elements in the order of a shape (a
reduction, an op of operands that do not lie alike) has them computed again in that order, unless
they are stored anyway. Every bit stays, and how each result lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ngrad.graph.fusable import CHAIN_LIMIT, Fusable
from ngrad.graph.graph import Graph, Node
from ngrad.graph.op import TABLE, Op, Params
from ngrad.graph.roles import VIEWS, kind_of
from ngrad.graph.strides import mapped_layout, reshaped_order

Order = tuple[int, ...]
"""Axes from the slowest to the fastest."""


def turned(facts: Fusable) -> Graph:
    """The same graph, in which the result of an elementwise op lies by rows, or is read by loop
    nests alone; itself, if each does.
    """
    kinds = zip(facts.kinds, facts.lies, strict=True)
    if all(kind != "map" or where.contiguous for kind, where in kinds):
        return facts.graph
    return _Turned(facts).new


class Form(NamedTuple):
    """A value of the old graph, its axes in an order."""

    value: int
    order: Order


class _Turned:
    """
    Attributes
    ----------
    own : list of Order
        The order in which each value is computed.
    length : list of int
        Of the longest elementwise chain behind each value.
    wanted : list of dict of Order to bool
        Those in which it is asked for, and whether by one who needs it to lie as it does where each
        op runs by itself: who is no loop nest.
    index : dict of Form to int
        The new nodes.
    """

    def __init__(self, facts: Fusable) -> None:
        self.facts, self.old, self.new = facts, facts.graph, Graph()
        self.new.inputs = self.old.inputs
        nodes = range(len(self.old.nodes))
        self.own = [self._own(k) for k in nodes]
        self.length: list[int] = []
        for node in self.old.nodes:
            kind, behind = kind_of(node), [self.length[j] for j in node.inputs]
            self.length.append((kind == "map") + max(behind) if kind in ("map", *VIEWS) else 0)
        self.wanted: list[dict[Order, bool]] = [{} for _ in nodes]
        self.index: dict[Form, int] = {}
        for k in self.old.outputs:
            if k is not None:
                self._ask(self._plain(k), True)
        for k in reversed(nodes):
            self._ask_behind(k)
        for k in nodes:
            for order in sorted(self.wanted[k], key=self.own[k].__ne__):  # its own, then views
                self.index[Form(k, order)] = self._made(k, order)
        self.new.outputs = tuple(
            [None if k is None else self.index[self._plain(k)] for k in self.old.outputs]
        )

    # -- orders ------------------------------------------------------------------------------------

    def _plain(self, k: int) -> Form:
        return Form(k, tuple(range(self.old.nodes[k].spec.ndim)))

    def _form(self, k: int, order: Sequence[int]) -> Form:
        """A value in an order, where axes of one element have a place of their own: the first."""
        shape = self.facts.shape(k)
        telling = [axis for axis in order if shape[axis] != 1]
        if telling == sorted(telling):
            return self._plain(k)
        return Form(k, (*(axis for axis, n in enumerate(shape) if n == 1), *telling))

    def _own(self, k: int) -> Order:
        facts, node = self.facts, self.old.nodes[k]
        if facts.kinds[k] != "map" or facts.lies[k].contiguous:
            return self._plain(k).order
        _, order = mapped_layout([facts.lies[j] for j in node.inputs], node.spec)
        return self._form(k, order).order

    def _within(self, k: int, order: Order) -> list[int]:
        """The order of an operand's axes, broadcast to as many as there are."""
        missing = len(order) - self.old.nodes[k].spec.ndim
        return [axis - missing for axis in order if axis >= missing]

    # -- what is asked for, from the last value to the first ---------------------------------------

    def _ask(self, form: Form, strictly: bool) -> None:
        wanted = self.wanted[form.value]
        wanted[form.order] = strictly or wanted.get(form.order, False)

    def _ask_behind(self, k: int) -> None:
        """Ask for what a value is made of, for which all that read it have asked."""
        wanted = self.wanted[k]
        if any(self._behind(k, order) is None for order in wanted):
            wanted.setdefault(self.own[k], True)
        for order, strictly in wanted.items():
            for form in self._behind(k, order) or ():
                self._ask(form, self._is_strict(k, strictly))

    def _behind(self, k: int, order: Order) -> list[Form] | None:
        """The operands of which a value is made in an order, each in the order in which it is read;
        None if it is a view of the value in its own.
        """
        node, kind = self.old.nodes[k], kind_of(self.old.nodes[k])
        plain = self._plain(k).order
        if _is_transposition(node):
            (perm,) = node.params
            return [self._form(node.inputs[0], [perm[axis] for axis in order])]
        if order == plain:
            if order != self.own[k] and self._is_stored(k):
                return None
            return [self._plain(j) for j in node.inputs]
        if kind == "broadcast" or order == self.own[k]:
            return [self._form(j, self._within(j, order)) for j in node.inputs]
        if kind == "reshape" and not self._copies(k):
            (j,) = node.inputs
            through = reshaped_order(self.facts.shape(j), node.spec.shape, order)
            return None if through is None else [self._form(j, through)]
        return None

    def _is_stored(self, k: int) -> bool:
        """Whether an elementwise value is stored in its own order: for whoever needs it to lie so,
        or because it would take long to compute it once more in that of its shape.
        """
        own, plain, wanted = self.own[k], self._plain(k).order, self.wanted[k]
        if own in wanted and self.length[k] > CHAIN_LIMIT:
            return True
        return any(strictly or order not in (own, plain) for order, strictly in wanted.items())

    def _is_strict(self, k: int, strictly: bool) -> bool:
        """Whether an op needs its operands to lie as they do where each op runs by itself."""
        node = self.old.nodes[k]
        if kind_of(node) in ("reshape", "broadcast") or _is_transposition(node):
            return strictly and not self._copies(k)
        return self.facts.kinds[k] is None

    def _copies(self, k: int) -> bool:
        """Whether a reshape cannot be a view."""
        node, lies = self.old.nodes[k], self.facts.lies
        return kind_of(node) == "reshape" and lies[k].contiguous > lies[node.inputs[0]].contiguous

    # -- new nodes ---------------------------------------------------------------------------------

    def _made(self, k: int, order: Order) -> int:
        node, behind, own = self.old.nodes[k], self._behind(k, order), self.own[k]
        if behind is None:
            perm = tuple([own.index(axis) for axis in order])
            return self._apply(TABLE["transpose"], (self.index[Form(k, own)],), (perm,))
        inputs = tuple([self.index[form] for form in behind])
        shape = tuple([node.spec.shape[axis] for axis in order])
        if _is_transposition(node):
            return self._shaped(inputs[0], shape)
        if order == self._plain(k).order or not isinstance(node.op, Op):
            return self._append(node._replace(inputs=inputs))
        if node.op is TABLE["reshape"]:
            return self._shaped(inputs[0], shape)
        beside = zip(node.inputs, inputs, strict=True)
        inputs = tuple([self._shaped(x, self._broadcast(j, order)) for j, x in beside])
        params = (shape,) if kind_of(node) == "broadcast" else node.params
        return self._apply(node.op, inputs, params)

    def _broadcast(self, k: int, order: Order) -> tuple[int, ...]:
        """The shape in which an operand broadcasts to axes in an order."""
        own, missing = self.old.nodes[k].spec.shape, len(order) - self.old.nodes[k].spec.ndim
        if all(n == 1 for n in own):
            return own
        return tuple([own[axis - missing] if axis >= missing else 1 for axis in order])

    def _shaped(self, k: int, shape: tuple[int, ...]) -> int:
        if self.new.nodes[k].spec.shape == shape:
            return k
        return self._apply(TABLE["reshape"], (k,), (shape,))

    def _apply(self, op: Op, inputs: tuple[int, ...], params: Params) -> int:
        out = op.results(tuple([self.new.nodes[k].spec for k in inputs]), params)
        return self._append(Node(op, params, inputs, out))

    def _append(self, node: Node) -> int:
        return self.new.append(node).index


def _is_transposition(node: Node) -> bool:
    return node.op is TABLE["transpose"]
