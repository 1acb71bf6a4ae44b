"""The benchmarks run: each once, on little."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import ngrad

FOLDER = Path(__file__).parents[1] / "asv_bench"


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


def measures(kind: type[Any]) -> list[str]:
    return [name for name in dir(kind) if name.startswith(("time_", "track_"))]


def run(kind: type[Any], *params: Any) -> dict[str, Any]:
    """Each measure of a class for one choice of params, as asv would."""
    bench = kind()
    bench.setup(*params)
    try:
        return {name: getattr(bench, name)(*params) for name in measures(kind)}
    finally:
        getattr(bench, "teardown", lambda *params: None)(*params)


def test_configuration() -> None:
    found = json.loads((FOLDER / "asv.conf.json").read_text())
    assert (FOLDER / found["benchmark_dir"] / "__init__.py").is_file()
    assert (FOLDER / found["repo"] / "pyproject.toml").is_file()


@pytest.mark.parametrize("tape", [False, True])
def test_small_ops(tape: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    overhead = module("benchmarks.overhead", monkeypatch)
    for op in overhead.SmallOp.params[0]:
        assert run(overhead.SmallOp, op, tape) == {"time_op": None}


def test_gradients_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    overhead = module("benchmarks.overhead", monkeypatch)
    assert run(overhead.Gradient)["track_live_bytes_after"] == 0


def test_throughput(monkeypatch: pytest.MonkeyPatch) -> None:
    throughput = module("benchmarks.throughput", monkeypatch)
    monkeypatch.setattr(throughput, "SIZE", 1000)
    for op in throughput.Large.params[0]:
        assert run(throughput.Large, op, "float32")["track_bandwidth"] > 0
    assert len(run(throughput.Shaped)) == 5


def test_transforms(monkeypatch: pytest.MonkeyPatch) -> None:
    transforms = module("benchmarks.transforms", monkeypatch)
    products = {"value": 2, "gradient": 4, "jvp": 4}
    for what in transforms.Transform.params[0]:
        found = run(transforms.Transform, what)["track_products"]
        assert found == products.get(what, found) > 0
    monkeypatch.setattr(transforms, "SIZE", 3000)
    for op in transforms.Order.params[0]:
        run(transforms.Order, op, "float32")


def test_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = module("benchmarks.programs", monkeypatch)
    monkeypatch.setattr(programs, "STEPS", 5)
    monkeypatch.setattr(programs, "ROWS", 100)
    for name in programs.PROGRAMS:
        assert run(programs.Program, name)["track_planned"] == (name == "new")


def test_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    """From an empty cache the program compiles its few kernels; from a warm one none."""
    starting = module("benchmarks.starting", monkeypatch)
    root = Path(__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", f"{root}:{root / 'kernels'}")
    monkeypatch.delattr(starting.Program, "time_cold")  # runs what counts the compiled kernels
    results = run(starting.Program)
    assert 5 <= results["track_kernels_compiled"] <= 30
    assert results["track_kernels_compiled_when_warm"] == 0
    assert results["track_bytes_on_disk"] > 1000
    assert set(run(starting.Import)) == {"time_ngrad", "time_numpy_and_numba"}


def test_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = module("figures", monkeypatch)
    monkeypatch.setattr(figures, "installed", lambda name: False)
    monkeypatch.setattr(figures, "missing", lambda name: f"{name} takes no part")
    found = [*figures.small_op(1), *figures.gradient(1), *figures.bandwidth(1, 100_000)]
    assert len(found) == 3 + 8
    assert all(isinstance(figure, figures.Figure) and figure.value for figure in found)
    assert inspect.isgenerator(figures.transcendental(1, 10))
    assert list(figures.transcendental(1, 10)) == []


@pytest.mark.parametrize("name", ["fused", "scaling", "figures", "routines"])
def test_without_a_gpu_they_say_what_is_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if len(ngrad.list_devices()) > 1:
        pytest.skip("there is a GPU")
    script = module(name, monkeypatch)
    with pytest.raises(SystemExit, match=r"--device cuda: .* cannot be used: CUDA: .*install"):
        script.main(["--device", "cuda"])


def test_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in module("layers", monkeypatch).programs(0.05):
        value, gradients = program.ours()
        several = gradients if isinstance(gradients, list) else [gradients]
        assert all(np.isfinite(found.numpy()).all() for found in (value, *several))


def test_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    fused = module("benchmarks.fused", monkeypatch)
    monkeypatch.setattr(fused, "SCALE", 1e-3)
    for name in ("elementwise", "cross entropy", "small"):
        found = run(fused.Sweep, name)
        assert 1 <= found["track_launches"] <= 6 and found["track_bytes"] > 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numpy_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """They give what NumPy gives."""
    import ngrad.numpy

    programs = module("numpy_programs", monkeypatch).programs(1e-4)
    assert len(programs) == 20
    for program in programs:
        own = [ngrad.numpy.array(x) for x in program.arrays]
        found, expected = program.run(ngrad.numpy, *own), program.run(np, *program.arrays)
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9, atol=1e-9)


def test_small_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """They give what NumPy gives."""
    import ngrad.numpy

    script = module("small_arrays", monkeypatch)
    given = script.arrays()
    own = [ngrad.numpy.array(x) for x in given]
    for name, run in script.OPERATIONS.items():
        found, expected = run(ngrad.numpy, *own), run(np, *given)
        np.testing.assert_allclose(np.asarray(found), expected, 1e-9, 1e-15, err_msg=name)


def test_numpy_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    """They give what NumPy gives."""
    import ngrad.numpy

    script = module("numpy_functions", monkeypatch)
    given = script.arrays(4096)
    own = {name: ngrad.numpy.array(x) for name, x in given.items()}
    for expression in script.EXPRESSIONS:
        expected = eval(expression, {**given, "np": np, "n": 4096})
        found = np.asarray(eval(expression, {**own, "np": ngrad.numpy, "n": 4096}))
        np.testing.assert_allclose(found, expected, 1e-6, 1e-9, err_msg=expression)
