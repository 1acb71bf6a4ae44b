"""The command line: `python -m ngrad demo | warmup | info | cache`."""

from ngrad.cli.parser import main

__all__ = ["main"]
