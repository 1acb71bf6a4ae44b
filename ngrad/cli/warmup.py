"""Compile the kernels of every op and dtype ahead, in parallel processes, into the kernel cache."""

from __future__ import annotations

import argparse
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import ngrad
from ngrad import warm
from ngrad.cli.cache import describe
from ngrad_kernels import cpu
from ngrad_kernels.cache import store

HELP = "compile every op's kernels ahead"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs",
        type=int,
        default=warm.processors(),
        metavar="N",
        help="processes (default: cores)",
    )
    parser.add_argument("ops", nargs="*", metavar="op", help="names of ops (default: all)")


def run(chosen: argparse.Namespace, console: Console) -> int:
    """Compile, with a progress bar; then say how many kernels, and how long it took."""
    if chosen.jobs < 1:
        raise ValueError(f"--jobs: at least one process, not {chosen.jobs}")
    if not store.usable():
        console.print(f"the kernel cache {store.folder} cannot be used, so nothing can be kept")
        return 1
    todo = warm.tasks(chosen.ops)
    start = time.perf_counter()
    large = ngrad.zeros([2 * cpu.CHUNK])  # the parallel driver, which every large op shares
    ngrad.add(large, large)
    compiled = loaded = 0
    columns = (
        TextColumn("compiling"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("kernels"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("kernels", total=len(todo))
        for count, new, old in warm.warm(todo, chosen.jobs):
            progress.advance(bar, count)
            compiled, loaded = compiled + new, loaded + old
    took = time.perf_counter() - start
    console.print(
        f"{len(todo):,} kernels in {took:.1f} s with {chosen.jobs} processes: "
        f"{compiled:,} compiled, {len(todo) - compiled:,} were there"
    )
    console.print(f"{store.folder}: {describe()}", soft_wrap=True)
    return 0
