"""Progress, and the time that stages take."""

import time
from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the whole that is done.

At share 0 the text says what will be done; afterwards it is the name of the stage, the
same for as long as that runs.
"""


class Clock:
    """Wall seconds of the stages of one comparison."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Count the time since the last call towards a stage."""
        now = time.perf_counter()
        self._laps[stage] = self._laps.get(stage, 0.0) + now - self._last
        self._last = now

    def seconds(self) -> dict[str, float]:
        """Seconds of every stage, and ``total`` since the clock was made."""
        return {**self._laps, "total": time.perf_counter() - self._start}
