"""The benchmarks' scripts run on a GPU, on little, and say what they were measured on."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from test_benchmarks import module

import ngrad
from ngrad.devices import device_of


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    before = ngrad.config.fusion()
    yield
    ngrad.config.set_fusion(before)
    ngrad.set_default_device("cpu:0")


ROWS = ("tanh(x*y+z)", "cross-entropy", "layer norm", "sum of", "MLP", "one kernel")


@pytest.mark.filterwarnings("ignore")  # PyTorch's, where it is installed
@pytest.mark.parametrize(
    ("script", "arguments", "rows"),
    [
        ("fused", ["--scale", "1e-6", "--rounds", "1"], ROWS),
        ("scaling", ["--largest", "1000", "--rounds", "1"], ("1e+03",)),
        ("figures", ["--size", "100", "--rounds", "1"], ("add, 1e+02 float32", "reduce_max")),
        (
            "routines",
            ["--scale", "1e-5", "--rounds", "1"],
            ("10 rows of 1 to 2", "cholesky of", "of 32"),
        ),
    ],
)
def test_runs(
    script: str,
    arguments: list[str],
    rows: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = module(script, monkeypatch)
    least = found.least  # a call a turn, where small sizes have hundreds
    monkeypatch.setattr(found, "least", lambda works, rounds, repeat=1: least(works, rounds))
    monkeypatch.setattr(found, "CALLS", 1, raising=False)
    for name, few in (("FACTORS", ("cholesky",)), ("LENGTHS", (32,))):
        monkeypatch.setattr(found, name, few, raising=False)
    found.main(["--device", "cuda", *arguments])
    printed = capsys.readouterr().out
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    for wanted in (device_of("cuda:0").target.driver.properties.name, "driver", today, *rows):
        assert wanted in printed
