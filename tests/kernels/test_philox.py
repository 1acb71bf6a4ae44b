"""Philox against its published vectors, its streams against the host's, the samplers' formulas."""

from __future__ import annotations

import ctypes
import itertools
import re
from typing import Any

import numpy as np
import pytest
from scipy import special

from ngrad_kernels import cache, compiling, philox
from ngrad_kernels.codes import size_of

Array = np.ndarray[Any, Any]
MASK = philox.MASK

# Random123, kat_vectors: philox4x32 10, counter, key, result
KNOWN = {
    "zeros": (
        (0, 0, 0, 0),
        (0, 0),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    "ones": (
        (MASK, MASK, MASK, MASK),
        (MASK, MASK),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    "pi": (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
}
KEY, DRAW = 0x0123456789ABCDEF, 0xFEDCBA9876543210
SAMPLERS = [
    *[(name, code) for name in ("uniform", "normal", "truncated_normal") for code in ("f4", "f8")],
    *[("bits", "u4"), ("bits", "u8"), ("integers", "i4"), ("integers", "i8")],
]


ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def call(kernel: int, lo: int, hi: int, *arrays: Array, offset: int = 0) -> None:
    """A kernel over [lo, hi), the last array standing for the elements from `offset` on."""
    addresses = [a.ctypes.data for a in arrays]
    addresses[-1] -= offset * arrays[-1].itemsize
    table = np.array([0, *addresses], np.int64)
    ENTRY(kernel)(table.ctypes.data, lo, hi)


def run(sampler: str, code: str, lo: int, hi: int, state: tuple[int, ...] = (KEY, DRAW)) -> Array:
    """Elements [lo, hi) of a draw."""
    out = np.empty(hi - lo, code)
    more = (1000, 0) if sampler == "integers" and len(state) == 2 else ()
    call(
        philox.kernel_of(sampler, code),
        lo,
        hi,
        np.array([*state, *more], np.uint64),
        out,
        offset=lo,
    )
    return out


def helper(name: str, source: str) -> int:
    """A kernel of the test's own over the helpers of the samplers."""
    return cache.load(name, philox._HELPERS + source)


def words_on_host(first: int, count: int, attempt: int = 0) -> list[int]:
    """`count` 32-bit words of the stream of KEY and DRAW from block `first`."""
    key, draw = (KEY & MASK, KEY >> 32), (DRAW & MASK, DRAW >> 32)
    blocks = range(first, first + -(-count // 4))
    words = (philox.philox((b & MASK, b >> 32 | attempt << 16, *draw), key) for b in blocks)
    return [word for block in words for word in block][:count]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN.values(), ids=KNOWN)
def test_host_gives_the_published_vectors(counter: Any, key: Any, expected: Any) -> None:
    assert philox.philox(counter, key) == expected


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN.values(), ids=KNOWN)
def test_kernel_gives_the_published_vectors(counter: Any, key: Any, expected: Any) -> None:
    source = """
def known_answers(table, lo, hi):
    for i in range(lo, hi):
        w0, w1, w2, w3 = block(
            load_u8(table[1], 0), load_u8(table[1], 1), load_u8(table[1], 2), load_u8(table[1], 3)
        )
        store_u4(table[2], 0, u4(w0))
        store_u4(table[2], 1, u4(w1))
        store_u4(table[2], 2, u4(w2))
        store_u4(table[2], 3, u4(w3))
"""
    given = (counter[0], counter[1], counter[2] | counter[3] << 32, key[0] | key[1] << 32)
    out = np.zeros(4, np.uint32)
    call(helper("known_answers", source), 0, 1, np.array(given, np.uint64), out)
    assert tuple(out.tolist()) == expected


@pytest.mark.parametrize("block", [0, 1, 255, 1 << 20, (1 << 32) - 2, (1 << 40) + 3])
def test_stream_is_blocks_in_order(block: int) -> None:
    expected = words_on_host(block, 4100)
    found = run("bits", "u4", 4 * block, 4 * block + 4100)
    assert found.tolist() == expected
    wide = run("bits", "u8", 2 * block, 2 * block + 2050)
    assert wide.tolist() == [
        low | high << 32 for low, high in zip(expected[::2], expected[1::2], strict=True)
    ]


@pytest.mark.parametrize(("sampler", "code"), SAMPLERS)
def test_elements_do_not_depend_on_how_they_are_cut(sampler: str, code: str) -> None:
    whole = run(sampler, code, 0, 5003)
    cuts = [0, 4, 8, 24, 1024, 1028, 4000, 5000, 5003]
    parts = [run(sampler, code, *cut) for cut in itertools.pairwise(cuts)]
    assert whole.tobytes() == np.concatenate(parts).tobytes()
    for n in range(1, 20):
        assert run(sampler, code, 0, n).tobytes() == whole[:n].tobytes()


@pytest.mark.parametrize(("sampler", "code"), SAMPLERS)
def test_key_and_draw_matter(sampler: str, code: str) -> None:
    seen = {
        run(sampler, code, 0, 64, state).tobytes()
        for state in [(0, 0), (1, 0), (1 << 32, 0), (0, 1), (0, 1 << 32), (1, 1)]
    }
    assert len(seen) == 6


def test_uniforms_are_the_high_bits() -> None:
    words = np.array(words_on_host(0, 2000), np.uint64)
    assert (run("uniform", "f4", 0, 2000) == (words >> 8) * 2.0**-24).all()
    wide = words[::2] | words[1::2] << np.uint64(32)
    assert (run("uniform", "f8", 0, 1000) == (wide >> np.uint64(11)) * 2.0**-53).all()


@pytest.mark.parametrize("sampler", ["normal", "truncated_normal"])
@pytest.mark.parametrize(("code", "limit"), [("f4", 4e-7), ("f8", 4e-15)])
def test_quantiles(sampler: str, code: str, limit: float) -> None:
    size = size_of(code)
    source = f"""
def quantiles_{sampler}_{code}(table, lo, hi):
    for i in range(hi - lo):
        store_{code}(table[2], i, {sampler}_{code}(load_u{size}(table[1], i)))
"""
    bits = 8 * size
    top = 1 << bits - 1
    near = [
        *range(50),
        *(1 << k for k in range(bits - 1)),
        *(top - 1 - (1 << k) for k in range(40 if size == 8 else 24)),
    ]
    near += [top - 1, int(0.85 * top), int(0.85 * top) + 1, int(0.95 * top)]
    near += np.random.default_rng(5).integers(0, top, 3000).tolist()
    positive = np.array(near, object)
    negative = positive ^ ((1 << bits) - 1)
    words = np.concatenate([positive, negative]).astype(f"u{size}")
    out = np.empty(words.size, code)
    call(helper(f"quantiles_{sampler}_{code}", source), 0, words.size, words, out)

    # q = (2 a + 1) / 2^(bits + 1), and p = 1/2 - q, each as exact as float64 allows
    q = np.array([(2 * a + 1) / (1 << bits + 1) for a in near])
    p = np.array([(2 * (top - 1 - a) + 1) / (1 << bits + 1) for a in near])
    if sampler == "truncated_normal":
        q = q * special.erf(np.sqrt(2.0))
        p = 0.5 - q
    expected = np.where(q < 0.25, np.sqrt(2.0) * special.erfinv(2 * q), -special.ndtri(p))
    found = out[: len(near)].astype(np.float64)
    assert (out[len(near) :] == -out[: len(near)]).all()  # both tails alike
    assert np.max(np.abs(found / expected - 1)) < limit
    if sampler == "truncated_normal":
        assert found.max() <= 2.0


def _bounded(i: int, size: int, least: int, count: int) -> int:
    """Lemire's method on the host, for element i."""
    bits = 8 * size
    words = words_on_host(i * size // 16, 4)
    at = i * size // 4 % 4
    word = words[at] if size == 4 else words[at] | words[at + 1] << 32
    attempt = 0
    while word * count % (1 << bits) < (1 << bits) % count:
        attempt += 1
        words = words_on_host(i, 4, attempt)
        word = words[0] if size == 4 else words[0] | words[1] << 32
    return least + (word * count >> bits)


@pytest.mark.parametrize("size", [4, 8])
@pytest.mark.parametrize("share", [0.0, 0.37, 0.500001, 0.75, 1.0])
def test_integers_are_unbiased(size: int, share: float) -> None:
    """Lemire's method to the letter; just over half the words, it rejects nearly half of them."""
    span = 1 << 8 * size
    count = max(7, min(int(share * span), span - 1))
    least = -(span // 2)
    found = run("integers", f"i{size}", 0, 1500, (KEY, DRAW, count, least % (1 << 64)))
    assert found.tolist() == [_bounded(i, size, least, count) for i in range(1500)]


@pytest.mark.parametrize(
    ("sampler", "code", "division"),
    [
        ("bits", "u4", ""),
        ("uniform", "f8", ""),
        ("normal", "f4", "float"),
        ("normal", "f8", "double"),
    ],
)
def test_loops_are_vectorised(sampler: str, code: str, division: str) -> None:
    name, source = philox.source_of(sampler, code)
    text = str(compiling.llvm_module(name, source, cache.Signature.KERNEL, name))
    assert re.search(r"mul .*<\d+ x i64>", text)
    if division:
        assert re.search(rf"fdiv <\d+ x {division}>", text)
