"""Processes that are sent signals, as a terminal and a batch system do."""

import os
import signal
import subprocess
import sys
import time

SOON = 2.0
"""Seconds from the signal to the end of the process."""

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


def started(arguments, cwd):
    """A process of its own group that Ctrl-C reaches, as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def ended(running, *numbers, group=False):
    """Exit code and stderr of a process that is sent signals; how long it takes to end."""
    start = time.perf_counter()
    for number in numbers:
        (os.killpg if group else os.kill)(running.pid, number)
        time.sleep(0.05)
    try:
        _, errors = running.communicate(timeout=30)
    finally:
        seconds = time.perf_counter() - start
        if running.poll() is None:
            running.kill()
    return running.returncode, errors, seconds


def gone(group):
    """Whether all processes of a group end, workers and their helpers too."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


STUDY = """
question = "Small?"
expects = "Nothing."
replications = 400
[data]
world = "softmax"
classes = 2
n = 60
features = 3
[model]
card = "logistic"
[[grid]]
data.signal = [1.0, 2.0]
[quick]
[[quick.grid]]
data.signal = [1.0]
"""
