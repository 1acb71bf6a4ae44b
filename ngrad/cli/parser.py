"""Arguments, and which command they mean."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console

from ngrad import __version__, config
from ngrad.cli import cache, demo, info, warmup


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ngrad",
        description="Gradients for numeric Python at the speed of a compiler.",
    )
    parser.add_argument("--version", action="version", version=f"ngrad {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for module in (demo, warmup, info, cache):
        command = commands.add_parser(
            module.__name__.rpartition(".")[2],
            help=module.HELP,
            description=module.__doc__,
        )
        command.add_argument(
            "--threads", type=int, metavar="N", help="CPU threads (default: every core)"
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 0 if it did what it promised.

    Parameters
    ----------
    arguments : sequence of str, optional
        The process's own if not given.
    """
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.threads is not None:
        try:
            config.set_threads(chosen.threads)
        except ValueError as error:
            parser.error(f"--threads: {error} (NUMBA_NUM_THREADS, set beforehand, raises the most)")
    try:
        return int(chosen.run(chosen, Console(highlight=False)))
    except ValueError as error:
        parser.error(str(error))
