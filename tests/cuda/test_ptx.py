"""CUDA's kernels compile with no GPU: to PTX that ptxas takes, without spills, and without any fma
that the source does not name.
"""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import launches
import numpy as np
import pytest
import test_space as programs
from composed import Case
from hypothesis import HealthCheck, Phase, given, settings
from test_random_spaces import cases

from ngrad_kernels.apart import apart, reduces_both
from ngrad_kernels.body import Body, Step
from ngrad_kernels.codes import HALVES
from ngrad_kernels.contract import CHUNK
from ngrad_kernels.cuda import matrices, scattering, sorting
from ngrad_kernels.cuda.gemm import render_gemm, tile_of
from ngrad_kernels.cuda.keeping import elements_kept
from ngrad_kernels.cuda.kept_long_rows import render_kept
from ngrad_kernels.cuda.render import render
from ngrad_kernels.cuda.render_space import render_space
from ngrad_kernels.cuda.skeletons import sampler, skeleton, typed
from ngrad_kernels.cuda.source import THREADS, Source
from ngrad_kernels.cuda.typed import TYPED
from ngrad_kernels.in_place import in_place
from ngrad_kernels.pools import POOLS
from ngrad_kernels.space import Operand, Space
from ngrad_kernels.space import Step as SpaceStep
from ngrad_kernels.typed import TYPED as ON_THE_CPU

compiling = pytest.importorskip(
    "ngrad_kernels.cuda.compiling", reason="needs ngrad[cuda13]", exc_type=ImportError
)
CAPABILITIES = ((8, 0), (9, 0))
NAMED = re.compile(r'@"llvm\.(fma\.f\d\d)"')
"""What may hold an fma: the source's own."""
CONTRACTED = re.compile(r"\bfma\.|(?<!atom\.global\.)\b(?:add|sub|mul)\.f(?:32|64)|\.ftz|\.approx")


def _ptxas() -> str:
    """Of NVIDIA's wheel, whose version is NVVM's, or whichever there is."""
    from cuda.pathfinder import find_nvidia_binary_utility

    found = find_nvidia_binary_utility("ptxas")
    if found is None:
        pytest.skip("needs ptxas: ngrad[test-cuda]")
    return str(found)


def _unnamed(module: str) -> str:
    """A module in which such functions are somebody else's."""
    return NAMED.sub(lambda found: f'@"other_{found[1].replace(".", "_")}"', module)


def check(source: Source, text: str, capability: tuple[int, int], folder: Path) -> int:
    """The registers of a kernel, once ptxas has taken it, in one of the forms that it may have: the
    first that is tried has most of them.
    """
    assert f".entry {source.name}(" in text
    path = folder / f"{source.name}.ptx"
    arch = "-arch=sm_{}{}".format(*capability)
    command = [_ptxas(), "-v", arch, str(path), "-o", str(path.with_suffix(".cubin"))]
    for resident in reversed(source.resident):
        path.write_text(compiling.bounded(text, resident, source.threads))
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, f"{source.name}: {done.stderr}\n{source.text}"
        spills = re.findall(r"(\d+) bytes spill", done.stderr)
        if not any(map(int, spills)):
            break
    assert spills and not any(map(int, spills)), f"{source.name} spills: {done.stderr}"
    if "cuda.local.array" in source.text:  # which loops that are not unrolled would have in memory
        assert "0 bytes stack frame" in done.stderr, f"{source.name}: {done.stderr}"
    (registers,) = re.findall(r"Used (\d+) registers", done.stderr)
    return int(registers)


def check_all(sources: Iterable[Source], folder: Path, request: pytest.FixtureRequest) -> None:
    for source in sources:
        modules = compiling.llvm_ir(source, CAPABILITIES[0])
        for capability in CAPABILITIES:
            text = compiling.assemble(modules, capability)
            used = check(source, text, capability, folder)
            named = f"{source.name} sm_{capability[0]}{capability[1]}"
            request.node.user_properties.append(("registers", (named, used)))
        others = [_unnamed(module) for module in modules]
        if others != modules:
            text = compiling.assemble(others, CAPABILITIES[0])
        contracted = CONTRACTED.findall(text)
        assert not contracted, f"{source.name}: {contracted}\n{source.text}"


@pytest.mark.parametrize("code", launches.CODES)
def test_scalars(code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    check_all(map(render, launches.together(code)), tmp_path, request)


@pytest.mark.parametrize("code", launches.CODES)
def test_conversions(code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    bodies = list(launches.conversions(code))
    check_all([*map(render, bodies), render(bodies[-1], True)], tmp_path, request)


@pytest.mark.parametrize("code", launches.CODES)
def test_reductions(
    code: str, rng: np.random.Generator, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Of each form a drawn reduction, and another of a view; of most dtypes one of them."""
    sums = [] if code == "b1" else ["sum", "prod"]
    ways = [False, True] if code in launches.SOME else [bool(rng.integers(2))]
    sources = []
    for form, reductions in (
        ("rows", [*sums, "max", "min"]),
        ("columns", [*sums, "max", "min"]),
        ("arg", ["max", "min"]),
        ("scan", sums),
    ):
        for views, reduction in zip(ways, rng.permutation(reductions), strict=False):
            result = "i8" if form == "arg" else code
            body = Body(form, (code,), (), (0,), str(reduction), result)
            sources.append(render(body, views))
    if code[0] in "fc":
        sources.append(render(Body("scan", (code, code), (), (1,), "linear", code)))
    applied = "hypot" if code[0] == "f" else "divide" if code[0] == "c" else "bitwise_xor"
    sources.append(render(Body("scan", (code, "b1"), (), (0,), applied, code)))
    sources.append(render(Body("segments", (code, "i8"), (), (0,), applied, code)))
    if code == "i8":
        sources += [
            render(Body(form, (code,), (), (0,), "xor", code)) for form in ("rows", "columns")
        ]
    check_all(sources, tmp_path, request)


@pytest.mark.parametrize("code", HALVES)
def test_floats_of_two_bytes(code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    widen = (Step("cast", (0,), "f4"),)
    total = Body("rows", (code,), widen, (1,), "sum", code)
    check_all(map(render, [*launches.halves(code)[:3], total]), tmp_path, request)


def test_kernels_that_move_rows(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    sources = [skeleton(name) for name in ("place", "fill", "take", "carry", "check_index")]
    sources += [skeleton(name) for name in ("pack_bits", "unpack_bits")]
    sources += [skeleton(name) for name in ("status_clear", "status_inherit")]
    sources += [
        typed(name, code)
        for name in TYPED
        for code in launches.CODES
        if code != "b1" and (name not in ("interp", *set(POOLS) - {"pool_max"}) or code[0] == "f")
        if code[0] != "c"
        or name not in ("scatter_max", "scatter_min", "scatter_multiply", "others", "pool_max")
    ]
    sources += [typed("search", "b1")]
    # A GPU sorts for the first two, and selects by the last that is named for the other.
    assert {*ON_THE_CPU} - {*TYPED} == {"arranged", "largest", "ordered", "settle", "scatter_put"}
    check_all(sources, tmp_path, request)


@pytest.mark.parametrize("name, code", launches.SAMPLERS)
def test_draws(name: str, code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    check_all([sampler(name, code), sampler(name, code, True)], tmp_path, request)


@pytest.mark.parametrize("code", launches.CODES)
def test_products(code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    check_all([render_gemm(code, tile_of(THREADS))], tmp_path, request)


def test_sorts(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    check_all(map(sorting.source, sorting.KERNELS), tmp_path, request)


def test_scatters(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    sources = [scattering.add_atomically(code) for code in ("f4", "f8")]
    sources += [scattering.join("add", code) for code in launches.SOME if code != "b1"]
    check_all([*sources, scattering.join("max", "f4")], tmp_path, request)


def test_kernels_around_libraries(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    check_all(
        (matrices.source(k, c) for k in matrices.KERNELS for c in ("f8", "c8")), tmp_path, request
    )


PROGRAMS = (
    *(programs.softmax, programs.cross_entropy, programs.layer_norm_columns, programs.levels),
    *(programs.flat_sweep, programs.joined, programs.joined_along_axes),
    *(programs.column_extremes, programs.joined_columns),
    *(programs.layer_norm_gradient, programs.side_by_side, programs.rows_by_index),
    programs.rows_of_tables,
)


@pytest.mark.parametrize("make", PROGRAMS, ids=lambda make: make.__name__)
def test_spaces(make: Callable[[], Space], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    space = make()
    kept = elements_kept(space, 500)
    own = [render_kept(space, kept)] if kept else []
    spaces = apart(space)[:2] if reduces_both(space) else (space,)
    check_all([*map(render_space, spaces), *own], tmp_path, request)


@pytest.mark.parametrize("length", [1024, 4096, CHUNK])
def test_rows_that_are_kept(length: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The longest of a warp, of many values, and of thread blocks."""
    found = [(make(), k) for make in PROGRAMS if (k := elements_kept(make(), length))]
    assert len(found) > 1
    check_all(itertools.starmap(render_kept, found), tmp_path, request)


@settings(
    max_examples=8,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
def test_any_space(case: Case, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    kept = elements_kept(case.space, case.length)
    own = [render_kept(case.space, kept)] if kept else []
    spaces = apart(case.space)[:2] if reduces_both(case.space) else (case.space,)
    check_all([*map(render_space, spaces), *own], tmp_path, request)


# -- the compiler ----------------------------------------------------------------------------------

SQUARE = Body("map", ("f4",), (Step("square", (0,), "f4"),), (1,))


def test_an_unnamed_fma_is_found() -> None:
    """What the checks above look for: products and sums that NVVM was free to contract."""
    body = Body(
        "map", ("f4",) * 3, (Step("multiply", (0, 1), "f4"), Step("add", (3, 2), "f4")), (4,)
    )
    source = render(body)
    modules = compiling.llvm_ir(source, (9, 0))
    assert not CONTRACTED.search(compiling.assemble(modules, (9, 0)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(compiling.OPTIONS, "fma", 1)
        assert CONTRACTED.search(compiling.assemble(modules, (9, 0)))


def test_ptx_is_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ngrad_kernels import cache

    told: list[str] = []
    monkeypatch.setattr(cache, "store", cache.Store(tmp_path))
    monkeypatch.setattr(cache, "listeners", [lambda what, name, start, end: told.append(what)])
    source = render(SQUARE)
    first = compiling.ptx(source, (9, 0))
    assert compiling.ptx(source, (9, 0)) == first
    assert ".target sm_80" in compiling.ptx(source, (8, 0))
    assert told == ["compiled", "loaded", "compiled"]
    for path in tmp_path.iterdir():  # a flipped byte is found
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))
    with cache.without_compiling(), pytest.raises(cache.NotCached):
        compiling.ptx(source, (9, 0))
    assert compiling.ptx(source, (9, 0)) == first
    assert told[3:] == ["compiled"]


def test_other_threads_see_the_device_that_is_there() -> None:
    """Only the thread that compiles takes the device to be another."""
    from numba.cuda import dispatcher

    asked = dispatcher.get_current_device
    with compiling._device((8, 6)):
        assert dispatcher.get_current_device().compute_capability == (8, 6)
    assert dispatcher.get_current_device is asked


def test_wide_accesses() -> None:
    """Contiguous operands are read and written 16 bytes at a time, in place too."""
    double = Space((Operand("f4", "element"),), (SpaceStep("add", (0, 0), "f4"),), (1,))
    over = in_place(double, (0,))
    assert over.over
    for source in (render(SQUARE), render_space(double), render_space(over)):
        text = compiling.ptx(source, (9, 0))
        assert "ld.global.v4.f32" in text and "st.global.v4.f32" in text
