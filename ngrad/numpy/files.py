"""Arrays from files, buffers and iterators, and to them; and as text: NumPy's, converted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

import numpy as np

from ngrad.numpy.convert import OURS, plain
from ngrad.numpy.creation import asarray
from ngrad.numpy.naming import passed_to
from ngrad.numpy.ndarray import ndarray
from ngrad.record import state


def _plain(value: Any) -> Any:
    return np.asarray(asarray(value))


def save(file: Any, arr: Any, allow_pickle: bool = True) -> None:
    """Write an array to a .npy file."""
    np.save(file, _plain(arr), allow_pickle)


def savez(file: Any, *args: Any, allow_pickle: bool = True, **kwds: Any) -> None:
    """Write arrays to a .npz archive."""
    parts = {name: _plain(x) for name, x in kwds.items()}
    np.savez(file, *map(_plain, args), allow_pickle=allow_pickle, **parts)


def savez_compressed(file: Any, *args: Any, allow_pickle: bool = True, **kwds: Any) -> None:
    """Write arrays to a compressed .npz archive."""
    parts = {name: _plain(x) for name, x in kwds.items()}
    np.savez_compressed(file, *map(_plain, args), allow_pickle=allow_pickle, **parts)


@passed_to(np.savetxt)
def savetxt(fname: Any, X: Any, *args: Any, **kwargs: Any) -> None:
    """Write a vector or a matrix as text."""
    np.savetxt(fname, _plain(X), *args, **kwargs)


class _Names:
    """The arrays of an archive as attributes."""

    def __init__(self, archive: _Archive) -> None:
        self.__dict__["_archive"] = archive

    def __getattr__(self, name: str) -> ndarray:
        try:
            return self._archive[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> list[str]:
        return self._archive.files


class _Archive(Mapping[str, ndarray]):
    """The arrays of a .npz archive, each read when it is asked for."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.files: list[str] = file.files
        self.zip, self.fid = file.zip, file.fid

    @property
    def f(self) -> _Names:
        return _Names(self)

    def __repr__(self) -> str:
        return repr(self._file)

    def __getitem__(self, name: str) -> ndarray:
        return asarray(self._file[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> _Archive:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


WRITING = ("r+", "readwrite", "w+", "write")
"""Modes in which what is assigned to NumPy's array is written to its file."""


@passed_to(np.load)
def load(file: Any, mmap_mode: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Read an array from a .npy file, or the arrays of a .npz archive by name."""
    if mmap_mode in WRITING:
        raise ValueError(
            f"load: mmap_mode={mmap_mode!r}: what is assigned to an array here does not reach a "
            "file; save it, or write to what numpy.load gives"
        )
    found = np.load(file, mmap_mode, *args, **kwargs)
    return _Archive(found) if isinstance(found, np.lib.npyio.NpzFile) else asarray(found)


def _converted(name: str, doc: str) -> Callable[..., Any]:
    function = getattr(np, name)

    @passed_to(function)
    def read(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        return [asarray(x) for x in found] if isinstance(found, list) else asarray(found)

    read.__name__ = read.__qualname__ = name
    read.__doc__ = doc
    return read


loadtxt = _converted("loadtxt", "Read numbers in rows of text.")
genfromtxt = _converted("genfromtxt", "Read numbers in rows of text, some of which are missing.")
fromfile = _converted("fromfile", "Read numbers from a binary file, or from text.")
fromstring = _converted("fromstring", "Read numbers from a line of text.")
frombuffer = _converted("frombuffer", "Copy numbers from a buffer.")


def fromiter(iter: Any, dtype: Any, count: int = -1, **kwargs: Any) -> ndarray:
    """An array of what an iterator gives; elements of arrays keep their derivatives, as floats."""
    if not state.stack:
        return asarray(np.fromiter(iter, dtype, count, **kwargs))
    items = [*islice(iter, None if count < 0 else count)]
    found = np.fromiter(map(plain, items), dtype, count, **kwargs)
    parts = chain.from_iterable(x if isinstance(x, tuple) else (x,) for x in items)
    followed = found.dtype.kind in "fc" and any(isinstance(x, OURS) for x in parts)
    return asarray(items).astype(found.dtype) if followed else asarray(found)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> ndarray:
    """An array of another library's, by DLPack."""
    from ngrad.dlpack import from_dlpack as shared

    return ndarray(shared(x, device=device, copy=copy))


# -- as text ---------------------------------------------------------------------------------------


@passed_to(np.array2string)
def array2string(a: Any, *args: Any, **kwargs: Any) -> str:
    """An array as text, by NumPy's options."""
    return np.array2string(_plain(a), *args, **kwargs)


@passed_to(np.array_repr)
def array_repr(arr: Any, *args: Any, **kwargs: Any) -> str:
    """An array as text that makes one like it."""
    return np.array_repr(_plain(arr), *args, **kwargs)


@passed_to(np.array_str)
def array_str(a: Any, *args: Any, **kwargs: Any) -> str:
    """The elements of an array as text."""
    return np.array_str(_plain(a), *args, **kwargs)


def _scalar(x: Any) -> Any:
    """A number of ours as NumPy's scalar, whose digits are those of its dtype."""
    return np.asarray(x)[()] if isinstance(x, ndarray) and x.is_number else x


@passed_to(np.format_float_positional)
def format_float_positional(x: Any, *args: Any, **kwargs: Any) -> str:
    """A number as text, without an exponent: the fewest digits that tell it from others.

    Examples
    --------
    >>> import ngrad.numpy as np
    >>> np.format_float_positional(np.array([0.1], np.float32)[0])
    '0.1'
    """
    return np.format_float_positional(_scalar(x), *args, **kwargs)


@passed_to(np.format_float_scientific)
def format_float_scientific(x: Any, *args: Any, **kwargs: Any) -> str:
    """The same with an exponent."""
    return np.format_float_scientific(_scalar(x), *args, **kwargs)


__all__ = [
    "array2string", "array_repr", "array_str", "format_float_positional", "format_float_scientific",
    "from_dlpack", "frombuffer", "fromfile", "fromiter", "fromstring", "genfromtxt", "load",
    "loadtxt", "save", "savetxt", "savez", "savez_compressed",
]  # fmt: skip
