"""The Array API standard, revision 2025.12: its functions with their signatures, and its names.

Source: https://data-apis.org/array-api/2025.12/API_specification/.
"""

from __future__ import annotations

import inspect

MAIN = """
asarray(obj, /, *, dtype=None, device=None, copy=None)
arange(start, /, stop=None, step=1, *, dtype=None, device=None)
empty(shape, *, dtype=None, device=None)
empty_like(x, /, *, dtype=None, device=None)
eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None)
from_dlpack(x, /, *, device=None, copy=None)
full(shape, fill_value, *, dtype=None, device=None)
full_like(x, /, fill_value, *, dtype=None, device=None)
linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True)
meshgrid(*arrays, indexing='xy')
ones(shape, *, dtype=None, device=None)
ones_like(x, /, *, dtype=None, device=None)
tril(x, /, *, k=0)
triu(x, /, *, k=0)
zeros(shape, *, dtype=None, device=None)
zeros_like(x, /, *, dtype=None, device=None)
astype(x, dtype, /, *, copy=True, device=None)
broadcast_arrays(*arrays)
broadcast_shapes(*shapes)
broadcast_to(x, /, shape)
can_cast(from_, to, /)
finfo(type, /)
isdtype(dtype, kind)
iinfo(type, /)
result_type(*arrays_and_dtypes)
clip(x, /, min=None, max=None)
take(x, indices, /, *, axis=None)
take_along_axis(x, indices, /, *, axis=-1)
matmul(x1, x2, /)
tensordot(x1, x2, /, *, axes=2)
matrix_transpose(x, /)
vecdot(x1, x2, /, *, axis=-1)
concat(arrays, /, *, axis=0)
expand_dims(x, /, axis)
flip(x, /, *, axis=None)
moveaxis(x, source, destination, /)
permute_dims(x, /, axes)
repeat(x, repeats, /, *, axis=None)
reshape(x, /, shape, *, copy=None)
roll(x, /, shift, *, axis=None)
squeeze(x, /, axis)
stack(arrays, /, *, axis=0)
tile(x, repetitions, /)
unstack(x, /, *, axis=0)
argmax(x, /, *, axis=None, keepdims=False)
argmin(x, /, *, axis=None, keepdims=False)
nonzero(x, /)
count_nonzero(x, /, *, axis=None, keepdims=False)
searchsorted(x1, x2, /, *, side='left', sorter=None)
where(condition, x1, x2, /)
unique_all(x, /)
unique_counts(x, /)
unique_inverse(x, /)
unique_values(x, /)
isin(x1, x2, /, *, invert=False)
argsort(x, /, *, axis=-1, descending=False, stable=True)
sort(x, /, *, axis=-1, descending=False, stable=True)
cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False)
cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False)
max(x, /, *, axis=None, keepdims=False)
mean(x, /, *, axis=None, keepdims=False)
min(x, /, *, axis=None, keepdims=False)
prod(x, /, *, axis=None, dtype=None, keepdims=False)
std(x, /, *, axis=None, correction=0.0, keepdims=False)
sum(x, /, *, axis=None, dtype=None, keepdims=False)
var(x, /, *, axis=None, correction=0.0, keepdims=False)
all(x, /, *, axis=None, keepdims=False)
any(x, /, *, axis=None, keepdims=False)
diff(x, /, *, axis=-1, n=1, prepend=None, append=None)
"""

LINALG = """
cholesky(x, /, *, upper=False)
cross(x1, x2, /, *, axis=-1)
det(x, /)
diagonal(x, /, *, offset=0)
eig(x, /)
eigh(x, /)
eigvals(x, /)
eigvalsh(x, /)
inv(x, /)
matmul(x1, x2, /)
matrix_norm(x, /, *, keepdims=False, ord='fro')
matrix_power(x, n, /)
matrix_rank(x, /, *, rtol=None)
matrix_transpose(x, /)
outer(x1, x2, /)
pinv(x, /, *, rtol=None)
qr(x, /, *, mode='reduced')
slogdet(x, /)
solve(x1, x2, /)
svd(x, /, *, full_matrices=True)
svdvals(x, /)
tensordot(x1, x2, /, *, axes=2)
trace(x, /, *, offset=0, dtype=None)
vecdot(x1, x2, /, *, axis=-1)
vector_norm(x, /, *, axis=None, keepdims=False, ord=2)
"""

FFT = """
fft(x, /, *, n=None, axis=-1, norm='backward')
ifft(x, /, *, n=None, axis=-1, norm='backward')
fftn(x, /, *, s=None, axes=None, norm='backward')
ifftn(x, /, *, s=None, axes=None, norm='backward')
rfft(x, /, *, n=None, axis=-1, norm='backward')
irfft(x, /, *, n=None, axis=-1, norm='backward')
rfftn(x, /, *, s=None, axes=None, norm='backward')
irfftn(x, /, *, s=None, axes=None, norm='backward')
hfft(x, /, *, n=None, axis=-1, norm='backward')
ihfft(x, /, *, n=None, axis=-1, norm='backward')
fftfreq(n, /, *, d=1.0, dtype=None, device=None)
rfftfreq(n, /, *, d=1.0, dtype=None, device=None)
fftshift(x, /, *, axes=None)
ifftshift(x, /, *, axes=None)
"""

ELEMENTWISE = {
    "any": "equal not_equal isfinite isinf isnan imag real where",
    "numeric": """abs add ceil conj floor multiply negative positive pow round sign square subtract
    trunc floor_divide remainder maximum minimum greater greater_equal less less_equal""",
    "floating": """acos acosh asin asinh atan atan2 atanh copysign cos cosh divide exp expm1 hypot
    log log10 log1p log2 logaddexp nextafter reciprocal signbit sin sinh sqrt tan tanh""",
    "integer or bool": "bitwise_and bitwise_invert bitwise_or bitwise_xor",
    "integer": "bitwise_left_shift bitwise_right_shift",
    "bool": "logical_and logical_not logical_or logical_xor",
}
"""Functions of each element, `f(x, /)` or `f(x1, x2, /)`, by the dtypes that they take."""

BINARY = {
    *"""add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign
    divide equal floor_divide greater greater_equal hypot less less_equal logaddexp logical_and
    logical_or logical_xor maximum minimum multiply nextafter not_equal pow remainder
    subtract""".split()  # noqa: SIM905
}

OF_REALS = {
    *"""atan2 ceil copysign floor floor_divide greater greater_equal hypot less less_equal logaddexp
    maximum minimum nextafter remainder signbit trunc""".split()  # noqa: SIM905
}
"""Functions of each element that take no complex numbers."""

REAL_DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64"

METHODS = """
__array_namespace__(*, api_version=None)
__dlpack__(*, stream=None, max_version=None, dl_device=None, copy=None)
__dlpack_device__()
__getitem__(key, /)
__setitem__(key, value, /)
to_device(device, /, *, stream=None)
"""
UNARY_METHODS = "abs bool complex float index int invert neg pos"
BINARY_METHODS = "add and floordiv lshift matmul mod mul or pow rshift sub truediv xor"
COMPARISONS = "eq ge gt le lt ne"
ATTRIBUTES = "dtype device mT ndim shape size T"

OTHERS = """__array_api_version__ __array_namespace_info__ bool complex128 complex64 e float32
float64 inf int16 int32 int64 int8 nan newaxis pi uint16 uint32 uint64 uint8 fft linalg"""


def signatures(text: str) -> dict[str, str]:
    """Signatures by name."""
    return {line.partition("(")[0]: line for line in text.split("\n") if line}


def parameters_of(text: str) -> list[inspect.Parameter]:
    """Those of a function in the standard's words."""
    inside = text.partition("(")[2].removesuffix(")")
    return [*inspect.signature(eval(f"lambda {inside}: 0")).parameters.values()]


SIGNATURES = {
    "": signatures(MAIN)
    | {
        name: f"{name}(x1, x2, /)" if name in BINARY else f"{name}(x, /)"
        for part in ELEMENTWISE.values()
        for name in part.split()
        if name != "where"
    },
    "linalg": signatures(LINALG),
    "fft": signatures(FFT),
}
"""By extension ("" for the standard itself) and name."""

OF_ARRAYS = (
    signatures(METHODS)
    | {f"__{name}__": f"__{name}__()" for name in UNARY_METHODS.split()}
    | {f"__{name}__": f"__{name}__(other, /)" for name in COMPARISONS.split()}
    | {
        f"__{way}{name}__": f"__{way}{name}__(other, /)"
        for way in ("", "r")
        for name in BINARY_METHODS.split()
    }
)
"""Of an array's methods, as they are called on it."""
IN_PLACE = {f"__i{name}__": f"__i{name}__(other, /)" for name in BINARY_METHODS.split()}
"""Of what is there where arrays are written to."""

NAMES = {part: {*found} for part, found in SIGNATURES.items()}
NAMES[""] |= {*OTHERS.split()}
