"""Facts of what has a layout: of tensors, arrays and symbols."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any

from ngrad.absent import Absent
from ngrad.graph.layout import Layout


class Laid:
    """What lies somewhere, or will."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def _layout(self) -> Layout: ...

    @property
    def ndim(self) -> int:
        return self._layout.ndim

    @property
    def size(self) -> int:
        return self._layout.size

    @property
    def itemsize(self) -> int:
        return self._layout.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self._layout.nbytes

    @property
    def device(self) -> str:
        """Where it lies: "cpu" or "cuda:0"."""
        return self._layout.device.name

    def __dir__(self) -> list[str]:
        own: Any = ChainMap(*map(dict, map(vars, type(self).__mro__)))
        return [name for name in super().__dir__() if type(own.get(name)) is not Absent]
