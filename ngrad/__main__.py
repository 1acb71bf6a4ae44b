"""`python -m ngrad`."""

from __future__ import annotations

import sys

from ngrad.cli import main

if __name__ == "__main__":  # not in the processes that `warmup` starts, which import this file too
    sys.exit(main())
