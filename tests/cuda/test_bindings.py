"""The calls of `CudaDriver`, held to the signatures of the bindings; no driver is needed."""

from __future__ import annotations

import gc
import inspect
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cuda.bindings.driver")

from driver_double import Bindings, real

from ngrad_kernels.cuda.driver import CudaDriver
from ngrad_kernels.cuda.errors import CudaError
from ngrad_kernels.cuda.rows import Function, Launch
from ngrad_kernels.cuda.source import THREADS, Source
from ngrad_kernels.cuda.target import CudaTarget
from ngrad_kernels.words import packed

PTX = ".version 9.0\n.target sm_90\n"
KERNEL = Source("mix", "", 3, 1)
CUresult = real.CUresult


def queue(driver: CudaDriver, stream: Any, *functions: Function, grid: int = 1) -> None:
    """Kernels on end, over three operands."""
    operands = [(0, 1 << 40), (1, 8), (1, -8)]
    row = driver.row([Launch(function, grid, 7, 1000, operands) for function in functions])
    driver.launch(row, stream, packed([0, 100]))


@pytest.fixture
def cu() -> Bindings:
    return Bindings()


@pytest.fixture
def driver(cu: Bindings) -> CudaDriver:
    return CudaDriver(cu, 0)


def test_properties(driver: CudaDriver) -> None:
    assert driver.properties == ("A GPU", (9, 0), 80 << 30, 256, 132)


def test_every_call_is_as_the_bindings_want_it(driver: CudaDriver, cu: Bindings) -> None:
    """Each method of the driver once; all in the device's own context."""
    address, pinned = driver.allocate(1024), driver.allocate_pinned(64)
    stream, event = driver.stream(), driver.event()
    function = driver.load("mix", 5, PTX, THREADS)
    queue(driver, stream, function)
    driver.copy_in(address, pinned, 64, stream)
    driver.copy_out(pinned, address, 64, stream)
    driver.copy(address, address + 512, 64, stream)
    driver.record(event, stream)
    driver.wait(stream, event)
    assert driver.passed(event)
    driver.wait_for(event)
    driver.synchronize(stream)
    driver.begin_capture(stream)
    graph = driver.end_capture(stream)
    driver.replay(graph, stream)
    del graph
    gc.collect()
    driver.free(address)
    driver.free_pinned(pinned)
    assert cu.names()[-5:] == [
        *("cuGraphDestroy", "cuGraphLaunch", "cuGraphExecDestroy", "cuMemFree", "cuMemFreeHost")
    ]
    retained = cu.names().index("cuDevicePrimaryCtxRetain")
    assert set(map(int, cu.contexts[retained + 1 :])) == {int(driver._context)}
    calls = {"allocations": 2, "launches": 1, "copies": 3, "replays": 1}
    assert driver.counters == calls | {"waits": 1, "synchronisations": 2}


def test_ptx_ends_as_a_c_string_does(driver: CudaDriver, cu: Bindings) -> None:
    driver.load("mix", 5, PTX, THREADS)
    assert dict(cu.calls)["cuModuleLoadData"] == (PTX.encode() + b"\0",)
    assert dict(cu.calls)["cuModuleGetFunction"][1] == b"mix"


def test_a_launch_is_one_call_of_the_driver(driver: CudaDriver, cu: Bindings) -> None:
    target = CudaTarget("cuda:0", driver, lambda source: [PTX])
    number = target.load("mix", lambda: KERNEL)
    for _ in range(2):
        target.launch(number, 7, 1000, 16384, (1 << 40, 2, 3))
        target.launch(number, 0, 1 << 40, 16384, (4,))
    assert cu.words == [(7, 1000, 1 << 40, 2, 3), (0, 1 << 40, 4, 0, 0)] * 2
    launches = [arguments for name, arguments in cu.calls if name == "cuLaunchKernel"]
    assert [arguments[1:8] for arguments in launches[:2]] == [
        (4, 1, 1, 256, 1, 1, 0),
        (132 * 8, 1, 1, 256, 1, 1, 0),
    ]
    assert cu.names()[-4:] == ["cuLaunchKernel"] * 4


def test_an_error_says_what_was_asked(driver: CudaDriver, cu: Bindings) -> None:
    cu.fails["cuStreamCreate"] = CUresult.CUDA_ERROR_INVALID_CONTEXT
    with pytest.raises(
        CudaError, match=r"^cuStreamCreate: CUDA_ERROR_INVALID_CONTEXT \(CUDA"
    ) as it:
        driver.stream()
    assert it.value.name == "CUDA_ERROR_INVALID_CONTEXT"


def test_a_refused_kernel_is_named(driver: CudaDriver, cu: Bindings) -> None:
    cu.fails["cuModuleLoadData"] = CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION
    with pytest.raises(CudaError, match=r"^loading mix: cuModuleLoadData: .*update the driver"):
        driver.load("mix", 5, PTX, THREADS)


def test_a_refused_launch_names_its_kernel(driver: CudaDriver, cu: Bindings) -> None:
    function, stream = driver.load("mix", 5, PTX, THREADS), driver.stream()
    cu.fails["cuLaunchKernel"] = CUresult.CUDA_ERROR_INVALID_VALUE
    with pytest.raises(CudaError, match=r"^launching mix as 3 blocks of 256: CUDA_ERROR_INVALID_V"):
        queue(driver, stream, function, grid=3)


@pytest.mark.parametrize("asked", ["cuLaunchKernel", "cuGraphLaunch"])
def test_work_enters_the_context_where_it_must(
    driver: CudaDriver, cu: Bindings, asked: str
) -> None:
    """A thread that is in no context is refused, enters the device's, and launches or replays."""
    function, stream = driver.load("mix", 5, PTX, THREADS), driver.stream()
    driver.begin_capture(stream)
    graph = driver.end_capture(stream)
    refused, launch = [], cu._call

    def call(name: str, *arguments: Any) -> tuple[Any, ...]:
        if name == asked and cu._context is None:
            refused.append(name)
            return (CUresult.CUDA_ERROR_INVALID_CONTEXT,)
        return launch(name, *arguments)

    cu._call = call
    cu._context = None
    for _ in range(2):
        if asked == "cuLaunchKernel":
            queue(driver, stream, function)
        else:
            driver.replay(graph, stream)
    assert refused == [asked]
    assert cu.names()[-2:] == [asked] * 2


def test_a_refused_replay_says_so(driver: CudaDriver, cu: Bindings) -> None:
    stream = driver.stream()
    driver.begin_capture(stream)
    graph = driver.end_capture(stream)
    cu.fails["cuGraphLaunch"] = CUresult.CUDA_ERROR_OUT_OF_MEMORY
    with pytest.raises(CudaError, match="cuGraphLaunch"):
        driver.replay(graph, stream)


def test_what_is_refused_on_the_way_is_launched_once(driver: CudaDriver, cu: Bindings) -> None:
    """A row goes on where the driver refused it, with the same operands."""
    kernels, stream = [driver.load(name, 7, PTX, THREADS) for name in "abc"], driver.stream()
    cu.parameters, call, refusals = 7, cu._call, [None, "refuse"]

    def once(name: str, *arguments: Any) -> tuple[Any, ...]:
        if name == "cuLaunchKernel" and refusals and refusals.pop(0):
            return (CUresult.CUDA_ERROR_INVALID_CONTEXT,)
        return call(name, *arguments)

    cu._call = once
    queue(driver, stream, *kernels)
    launched = [arguments[0] for name, arguments in cu.calls if name == "cuLaunchKernel"]
    assert launched == [kernel.handle for kernel in kernels]
    assert cu.words == [(7, 1000, 1 << 40, 108, 92, 0, 0)] * 3
    assert driver.counters["launches"] == 3
    with pytest.raises(TypeError):
        driver.launch(driver.row([Launch(kernels[0], 1, 0, 1, [(0, 0)])]), stream, [0])
    assert len(cu.words) == 3


def test_a_failed_kernel_is_among_the_last_launched(driver: CudaDriver, cu: Bindings) -> None:
    stream = driver.stream()
    for name in ("first", "second"):
        queue(driver, stream, driver.load(name, 5, PTX, THREADS))
    cu.fails["cuStreamSynchronize"] = CUresult.CUDA_ERROR_ILLEGAL_ADDRESS
    with pytest.raises(CudaError, match=r"latest last: first, second\. .*CUDA_LAUNCH_BLOCKING=1"):
        driver.synchronize(stream)


def test_a_forked_child_is_told_so(driver: CudaDriver, cu: Bindings) -> None:
    cu.fails["cuCtxSetCurrent"] = CUresult.CUDA_ERROR_NOT_INITIALIZED
    with pytest.raises(CudaError, match=r"forked after CUDA was used.*spawn"):
        driver.allocate(64)


def test_an_event_that_has_not_passed(driver: CudaDriver, cu: Bindings) -> None:
    event = driver.event()
    cu.fails["cuEventQuery"] = CUresult.CUDA_ERROR_NOT_READY
    assert not driver.passed(event)
    cu.fails["cuEventQuery"] = CUresult.CUDA_ERROR_LAUNCH_FAILED
    with pytest.raises(CudaError, match="a kernel failed"):
        driver.passed(event)


@pytest.mark.parametrize("what", ["pool", "pinned"])
def test_too_little_memory(driver: CudaDriver, cu: Bindings, what: str) -> None:
    target = CudaTarget("cuda:0", driver, lambda source: [PTX])
    pool = target.pool if what == "pool" else target.staging.pool
    call = "cuMemAlloc" if what == "pool" else "cuMemHostAlloc"
    cu.fails[call] = CUresult.CUDA_ERROR_OUT_OF_MEMORY
    with pytest.raises(MemoryError, match=r"cannot allocate 128 bytes: .*cuda:0 has no more"):
        pool.take(100)
    assert cu.names().count(call) == 3  # as it is, without what waits, without garbage
    cu.fails[call] = CUresult.CUDA_ERROR_INVALID_VALUE
    with pytest.raises(CudaError, match=call):
        pool.take(100)
    del cu.fails[call]
    assert pool.take(100).nbytes == 128


def test_a_capture_that_breaks(driver: CudaDriver, cu: Bindings) -> None:
    """The run's own error is the one that is raised, and the stream is used on."""
    target = CudaTarget("cuda:0", driver, lambda source: [PTX])
    cu.fails["cuStreamEndCapture"] = CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED

    def run() -> None:
        raise KeyError("run")

    with pytest.raises(KeyError, match="run"):
        target.capture(run)
    del cu.fails["cuStreamEndCapture"]
    target.capture(lambda: None)()
    assert cu.names()[-2:] == ["cuGraphLaunch", "cuGraphExecDestroy"]


def test_users_kernels_have_numbas_arrays_on_our_stream(
    driver: CudaDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numba makes them of our memory, in the device's context, and waits for nothing."""
    cuda = pytest.importorskip("numba.cuda")
    signature = inspect.signature(cuda.from_cuda_array_interface)
    inside: list[bool] = []

    class Inside:
        def __enter__(self) -> None:
            inside.append(True)

        def __exit__(self, *exc: object) -> None:
            inside.pop()

    def array(*args: Any, **options: Any) -> Any:
        assert inside
        given = signature.bind(*args, **options).arguments
        assert given["desc"] is given["owner"].__array_interface__ and given["sync"] is False
        return given["owner"]

    monkeypatch.setattr(cuda, "gpus", [Inside()])
    monkeypatch.setattr(cuda, "from_cuda_array_interface", array)
    monkeypatch.setattr(cuda, "external_stream", lambda number: ("stream", number))
    x = np.zeros(3)
    seen: list[Any] = []
    x = type("Held", (), {"__array_interface__": x.__array_interface__})()
    driver.run_user(lambda stream, arrays: seen.append((stream, arrays, *inside)), [x], 7)
    assert seen == [(("stream", 7), [x], True)]
