"""Say where compiled kernels are kept and how many there are, or remove them."""

from __future__ import annotations

import argparse

from rich.console import Console

from ngrad_kernels.cache import SIZE_LIMIT, counters, store

HELP = "where compiled kernels are kept; --clear removes them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clear", action="store_true", help="remove every kernel on disk")


def describe() -> str:
    """The state of the kernel cache in one line."""
    count, nbytes = store.usage()
    return f"{count:,} kernels, {nbytes / 1e6:,.1f} MB (the oldest go at {SIZE_LIMIT / 1e9:.1f} GB)"


def history() -> str:
    """What this process compiled and loaded, in one line."""
    text = f"{counters['compiled']:,} compiled, {counters['loaded']:,} loaded from disk"
    return text + (
        f", {counters['rejected']:,} damaged and made anew" if counters["rejected"] else ""
    )


def run(chosen: argparse.Namespace, console: Console) -> int:
    """Print, or clear."""
    if chosen.clear:
        console.print(f"removed {store.clear():,} kernels from {store.folder}", soft_wrap=True)
    else:
        console.print(f"{store.folder}: {describe()}", soft_wrap=True)
    return 0
