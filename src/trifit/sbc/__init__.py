"""Simulation-based calibration: whether a model's posterior is right, told by simulated labels.

>>> from trifit.sbc import check_model
>>> found = check_model("softmax", "reports/check-softmax", replications=500)  # doctest: +SKIP
>>> found.wrong  # doctest: +SKIP
False
"""

from typing import Any

from trifit.results.check import Check

SAMPLER = {"chains": 2, "max_draws": 2000}
"""Enough for 99 thinned draws. Warm-up, target and coordinates are the card's."""

__all__ = ["Check", "check_model"]


def __getattr__(name: str) -> Any:
    """Import what runs replications, and PyMC with it, on first use."""
    if name != "check_model":
        raise AttributeError(f"module 'trifit.sbc' has no attribute {name!r}")
    from trifit.sbc.model import check_model

    return check_model
