"""These tests run in a process of their own: `NUMBA_ENABLE_CUDASIM=1` turns Numba's CUDA target
into its simulator, for as long as the process lives.
"""

from __future__ import annotations

import os

if os.environ.get("NUMBA_ENABLE_CUDASIM") != "1":
    collect_ignore_glob = ["test_*.py"]
