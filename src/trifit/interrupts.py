"""Ctrl-C and SIGTERM end the process within two seconds, whatever it does.

Python raises KeyboardInterrupt between two steps of its own, in the main thread. A compiler or
a solver makes no such steps for seconds, and what is raised inside a callback of machine code
is lost. So a thread waits for the signal too, and ends the process if the main thread has not.
"""

import atexit
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

GRACE, PATIENCE = 1.0, 0.5
"""Seconds that the main thread has to end by itself, and to tell the user."""


class _State:
    """Of this process.

    Attributes
    ----------
    number : int
        The signal that came; 0: none.
    holds : int
        Blocks that are not to be interrupted.
    said : bool
        Whether the user was told.
    left : str
        What an interruption now leaves behind.
    temporary : set of Path
        Folders to remove at the end.
    telling : threading.Lock
        Held while the user is told: the process does not end before.
    lost : threading.Event
        The exception was raised where nothing catches it, in a callback: all goes on.
    """

    def __init__(self) -> None:
        self.number, self.holds, self.said = 0, 0, False
        self.left = "nothing was written"
        self.telling = threading.Lock()
        self.temporary: set[Path] = set()
        self.lost = threading.Event()


_state = _State()


def listen() -> None:
    """Let the signals end this process: called once, before anything heavy is imported.

    A signal that is ignored (a job in the background of a script) stays ignored.
    """
    ours = [s for s in SIGNALS if signal.getsignal(s) is not signal.SIG_IGN]
    ear, mouth = socket.socketpair()
    mouth.settimeout(0)
    signal.set_wakeup_fd(mouth.detach(), warn_on_full_buffer=False)
    atexit.register(_exit)  # the first to be registered is the last to be called
    for each in ours:
        signal.signal(each, _interrupt)
    sys.unraisablehook = _unraisable
    threading.Thread(target=_watch, args=[ear, ours], daemon=True, name="trifit-signals").start()


def leaves(what: str) -> None:
    """Remember what an interruption leaves behind from now on, e.g. "the run is in reports/x"."""
    _state.left, _state.said = what, False


def exit_code() -> int:
    """130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + (_state.number or signal.SIGINT)


def tell() -> None:
    """Say on stderr, once, that the command was interrupted and what it leaves behind."""
    if not _state.telling.acquire(timeout=PATIENCE):  # nobody reads stderr
        return
    try:
        if not _state.said:
            _state.said = True
            sentence = f"trifit: interrupted; {_state.left}\n"
            print(sentence, end="", file=sys.stderr, flush=True)
    finally:
        _state.telling.release()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A block of milliseconds that is done as a whole; an interruption comes after it."""
    _state.holds += 1
    before = _state.number
    try:
        yield
    finally:
        _state.holds -= 1
    if _state.number != before:
        raise KeyboardInterrupt


@contextmanager
def temporary(folder: Path) -> Iterator[None]:
    """A block with a folder that is gone afterwards, however the block ends."""
    _state.temporary.add(folder)
    try:
        yield
    finally:
        _remove(folder)
        _state.temporary.discard(folder)


def _interrupt(number: int, _: FrameType | None) -> None:
    """The first signal counts; another one must not disturb the end."""
    if _state.number:
        return
    _state.number = number
    if not _state.holds:
        raise KeyboardInterrupt


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """What is raised inside a callback is lost, and printed; an interruption is not lost."""
    if isinstance(lost.exc_value, KeyboardInterrupt):
        _state.lost.set()
    else:
        sys.__unraisablehook__(lost)


def _watch(ear: socket.socket, signals: list[signal.Signals]) -> None:
    while (number := ear.recv(1)[0]) not in signals:
        pass
    _state.lost.wait(GRACE)
    _state.number = _state.number or number
    for folder in list(_state.temporary):
        _remove(folder)
    tell()
    _exit()


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _exit() -> None:
    """End with the code of the signal, if one came."""
    if not _state.number:
        return
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # nobody reads it any more, or it is closed
            continue
    os._exit(exit_code())
