"""Worlds whose true class probabilities are known exactly, and shifts of their test sets.

>>> data = simulate("gaussian", n=200, features=5, classes=3, seed=1)
>>> data.true_probs.shape
(200, 3)
"""

from trifit.simulate.draw import settings_taken, simulate
from trifit.simulate.shifts import SHIFTS
from trifit.simulate.world import Law, World
from trifit.simulate.worlds import WORLDS, world

__all__ = ["SHIFTS", "WORLDS", "Law", "World", "settings_taken", "simulate", "world"]
