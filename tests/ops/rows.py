"""Every op of the table. A new op's row goes to the module of its family."""

from __future__ import annotations

from rows_elementwise import ARITHMETIC, BITWISE, COMPARISON, COMPLEX, SELECTION, VECMATH
from rows_factors import FACTORS
from rows_linalg import LINALG
from rows_moves import INDEXING, SHAPES
from rows_pools import POOLS
from rows_reductions import REDUCTIONS
from rows_sorting import SORTING
from rows_special import SPECIAL
from table import Row

ROWS: list[Row] = [
    *ARITHMETIC,
    *COMPARISON,
    *BITWISE,
    *VECMATH,
    *SELECTION,
    *COMPLEX,
    *REDUCTIONS,
    *POOLS,
    *SHAPES,
    *INDEXING,
    *SORTING,
    *LINALG,
    *FACTORS,
    *SPECIAL,
]
