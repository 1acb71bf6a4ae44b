"""`Target`: what a device does for whoever runs programs.

Module `cpu` is one, and a `cuda.target.CudaTarget` for each GPU. A program says which kernels it
launches, in which order, over how many items, and where operands begin; what a kernel's number
means, and when it runs, is the target's affair. Launches of one thread run in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, Protocol

from ngrad_kernels.body import Body
from ngrad_kernels.memory import Buffer, Pool
from ngrad_kernels.product import Prepared, Product, Windowed
from ngrad_kernels.space import Space
from ngrad_kernels.words import Step

Work = tuple[int, int, int, int, Sequence[int]]
"""A launch: kernel, facts, n, grain and addresses, as `launch` takes them."""
Columns = Literal["blocks", "slabs", "apart"]
"""How a space reduces columns: a block of rows at a time; a slab at a time, which is then folded;
or, where it reduces rows too, in a space of their own (`apart.py`).
"""


class Libraries(Protocol):
    """What is no loop nest: matrix products, linear algebra, transforms, sorts."""

    @property
    def halves(self) -> bool:
        """Whether it multiplies matrices of floats of two bytes, and adds products in float32."""

    def product(self, product: Product, /) -> Prepared | None:
        """A batch of matrix products; None where NumPy is to be called, on the CPU."""

    def windows(self, work: Windowed, /) -> tuple[Prepared, int, int] | None:
        """Windows times matrices: what is launched over windows, matrices, scratch and the result;
        how many results there are then to be added, one behind the other; and how many bytes of
        scratch it takes. None if it knows no windows.
        """

    def routine(self, name: str, code: str, words: Sequence[int], /) -> Prepared | None:
        """The routine of an op ("cholesky", ...) for a dtype and what it is told of sizes; None if
        there is none, or the library for it is not installed.
        """


class Target(Protocol):
    """A device.

    Attributes
    ----------
    name : str
        "cpu", "cuda:0".
    pool : Pool
        Its memory.
    counters : Counter
        What its driver was asked for; nothing on the CPU, which has none.
    """

    @property
    def name(self) -> str: ...

    @property
    def pool(self) -> Pool: ...

    @property
    def counters(self) -> Counter[str]: ...

    @property
    def libraries(self) -> Libraries: ...

    # -- kernels: a number each, compiled or loaded once in a process ------------------------------

    def kernel_of(self, body: Body | Space, /, views: bool = False, length: int = 0) -> int:
        """The kernel of a body or a space; of a body that reduces or scans, over a contiguous
        operand or over a view; of a space for rows of a length, which may have one of their own.
        """

    def brought_to(self, space: Space, length: int, /) -> int:
        """The bytes that a launch of a space, whose rows are of a length, brings for each call of
        its kernel (`scratch.py`).
        """

    def columns_of(self, space: Space, length: int, /) -> Columns:
        """How a space's columns, whose rows are of a length, are reduced."""

    def strided_map(self, body: Body, /) -> tuple[int, int]:
        """The kernel that runs an elementwise body over strided operands, and the first of its
        facts.
        """

    def skeleton(self, name: str, /) -> int:
        """A shared routine of `skeletons`; for those that kernels call, the word that says so in
        their facts.
        """

    def typed(self, name: str, code: str, /) -> int:
        """A shared routine of `typed.TYPED` for a dtype."""

    def scatter_parts(self, rows: int, count: int, width: int, /) -> tuple[int, int]:
        """Into how many parts of rows, and tiles of columns, a scatter-add is shared."""

    def sampler(self, sampler: str, code: str, each: bool = False, /) -> int:
        """A sampler's kernel for a dtype; that which does many draws, `each` by its own state."""

    # -- launching ---------------------------------------------------------------------------------

    def facts(self, words: Sequence[int], /) -> tuple[int, Any]:
        """Run-time facts where kernels read them: their address, and what holds them there."""

    def use(self, buffers: Iterable[Buffer], /) -> None:
        """Say that what this thread launches next reads buffers that other threads may have
        written. A buffer is written by the thread that took it, and read when it is whole.
        """

    def launch(
        self, kernel: int, facts: int, n: int, grain: int, addresses: Sequence[int], /
    ) -> None:
        """Run a kernel over [0, n); `grain` items are about `CHUNK` elements. The caller holds the
        operands' buffers until this returns, and the facts for ever.
        """

    def run_user(self, run: Callable[[Any, list[Any]], object], arrays: Sequence[Any], /) -> None:
        """Have a user's Python launch kernels of Numba's, in order with all that this thread
        launches: `run(stream, arrays)`, over the memory that `__array_interface__`s describe. The
        stream is None on the CPU.
        """

    def launch_all(self, works: Sequence[Work], /) -> None:
        """Launches that do not wait for one another."""

    def in_a_row(self, launches: Iterable[Step], /) -> Callable[[bytes], None]:
        """What launches one after the other, in less time than one by one, over given registers, as
        `words.packed` has them.
        """

    def capture(self, run: Callable[[], object], /) -> Callable[[], object]:
        """A callable that repeats what `run` launches, at the same addresses, in less time.

        `run` is called at most once meanwhile, and need not have run when this returns. It looks
        at no value and copies none from or to the host. The memory that it takes, it keeps; what it
        writes there is copied by whoever wants it beyond the next time.
        """

    # -- memory ------------------------------------------------------------------------------------

    def copy_in(self, target: int, source: int, nbytes: int, /) -> None:
        """Copy host memory, which may change when this returns."""

    def copy_out(self, target: int, source: int, nbytes: int, /) -> None:
        """Copy to host memory, behind all that this thread has launched."""

    def stream_number(self) -> int:
        """The number by which others know the stream that this thread launches on."""

    def share(self, address: int, nbytes: int, owner: Any, /) -> Buffer:
        """Memory of another library's, to be read in the order of what this thread launches. Its
        owner is held until the last holder has let go, and all that reads it has run.
        """

    def take_over(self, stream: int | None, /) -> None:
        """Have what this thread launches from now on wait for another library's stream."""

    def hand_over(self, stream: int | None, /) -> None:
        """Have another library's stream wait for what this thread has launched."""

    def lend(self, buffer: Buffer, /) -> None:
        """Have a buffer that other libraries read used again only behind what they have launched,
        on the default stream, when they let it go.
        """

    def copy(self, target: int, source: int, nbytes: int, /) -> None:
        """Copy within the device."""

    def synchronize(self) -> None:
        """Wait for all that this thread has launched."""
