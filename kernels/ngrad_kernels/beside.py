"""Compiling in a process of its own, while this one goes on.

A compiler gives Python's lock away whenever it calls LLVM or reads a file, and has to wait for it
each time: beside a thread that computes in Python it may get next to nothing done, in minutes. So
what is compiled in the background is made by another interpreter, which has this one's path and
environment. It ends when it is told to, or when this process does.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from typing import Any

from ngrad_kernels import cache
from ngrad_kernels.cache import Request

_START = (
    "import sys; sys.path = eval(sys.argv[1]); from ngrad_kernels import beside; beside.serve()"
)
PATIENCE = 60.0
"""Seconds in which the other process has to have begun."""
_LENGTH = 8  # bytes that say how many follow


class _Compiler:
    """The other process: started when it is asked for the first time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.refused = not _is_python()

    def start(self) -> subprocess.Popen[bytes]:
        path = [place for place in sys.path if type(place) is str]  # imports skip what is no text
        with cache.lock():  # or a child that is forked meanwhile would hold the pipes, too
            process = self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, repr(path)],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what goes wrong there is done, and reported, here
                start_new_session=True,  # a Ctrl-C is for this process
            )
        waits = threading.Timer(PATIENCE, process.kill)
        waits.start()
        try:
            if _receive(process.stdout) != cache.environment():
                raise EOFError("what is installed has changed since this process began")
        finally:
            waits.cancel()
        return process

    def make(self, request: Request) -> bytes | None:
        """The code, or None if it has to be made here."""
        with self.lock:
            if self.refused:
                return None
            try:
                process = self.process or self.start()
                _send(process.stdin, request)
                code: bytes | None = _receive(process.stdout)
                return code
            except BaseException as error:
                if self.process is not None:
                    self.process.kill()  # what is left in its pipes would answer another request
                self.end()
                if not isinstance(error, (OSError, EOFError)):
                    raise
                self.refused = True  # for good: it would not go better
                return None

    def end(self) -> None:
        """Have it end, once it is done with what it was asked for last."""
        process = self.process
        self.let_go()
        if process is not None:
            process.wait()

    def let_go(self) -> None:
        """Have nothing to do with it any more."""
        process, self.process = self.process, None
        for pipe in () if process is None else (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _is_python() -> bool:
    """Whether this process's executable takes Python's arguments: not so where it is embedded."""
    name = os.path.basename(sys.executable or "").lower()
    return name.startswith("python") and not getattr(sys, "frozen", False)


def _send(pipe: Any, what: object) -> None:
    content = pickle.dumps(what)
    rest = memoryview(len(content).to_bytes(_LENGTH, "little") + content)
    while rest:
        rest = rest[pipe.write(rest) :]


def _receive(pipe: Any) -> Any:
    return pickle.loads(_read(pipe, int.from_bytes(_read(pipe, _LENGTH), "little")))


def _read(pipe: Any, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        part = pipe.read(size - len(content))
        if not part:
            raise EOFError
        content += part
    return bytes(content)


def serve() -> None:
    """Make what is asked for, until nobody asks any more: what the other process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with (
        open(0, "rb", 0) as asked,
        open(os.dup(1), "wb", 0) as answers,
        contextlib.suppress(EOFError, BrokenPipeError),
    ):
        os.dup2(2, 1)  # whatever prints does not print among the answers
        _send(answers, cache.environment())
        while True:
            request: Request = _receive(asked)
            try:
                code = request.fulfil()
            except Exception:
                code = None  # whoever asked finds out by trying
            _send(answers, code)


_compiler = _Compiler()


def make(request: Request) -> bytes | None:
    """The code that is asked for, made by another process; None if it is to be made here."""
    return _compiler.make(request)


def end() -> None:
    """Let the other process go, until it is needed again."""
    with _compiler.lock:
        _compiler.end()


def _after_fork() -> None:
    """The other process is the parent's, and is to hear of its end."""
    global _compiler
    if _compiler.process is not None:
        _compiler.process.returncode = 0  # it is no child of this process
        _compiler.let_go()
    _compiler = _Compiler()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
