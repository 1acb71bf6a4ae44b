"""What the Array API standard asks of a namespace: its dtypes, devices and revisions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngrad.devices import current, list_devices
from ngrad.dtypes import BY_CODE
from ngrad.graph.layout import AXES

REVISIONS = ("2025.12", "2024.12", "2023.12", "2022.12", "2021.12")
"""Of the standard, the newest first. Whichever is asked for, the newest is there."""

KINDS = {
    "bool": "b", "signed integer": "i", "unsigned integer": "u", "integral": "iu",
    "real floating": "f", "complex floating": "c", "numeric": "iufc",
}  # fmt: skip


class Info:
    """`__array_namespace_info__()`."""

    def capabilities(self) -> dict[str, Any]:
        """What is there of what the standard leaves open: shapes that depend on values are."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": AXES}

    def default_device(self) -> str:
        """Where new arrays are."""
        return current().name

    def devices(self) -> list[str]:
        """Where arrays can be."""
        return list_devices()

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """The dtypes of what is said to have none."""
        integer = np.dtype(np.int64)
        floats = {"real floating": np.dtype(float), "complex floating": np.dtype(complex)}
        return {**floats, "integral": integer, "indexing": integer}

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """The dtypes of a kind, of several, or all, by name."""
        kinds = [kind] if isinstance(kind, str) else [*KINDS] if kind is None else kind
        for name in kinds:
            if name not in KINDS:
                raise ValueError(f"dtypes: kind {name!r} is none of {', '.join(KINDS)}")
        letters = "".join(KINDS[name] for name in kinds)
        found = (
            x.numpy_dtype for code, x in BY_CODE.items() if code[0] in letters and not x.is_half
        )
        return {x.name: x for x in found}
