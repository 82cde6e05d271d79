"""Subgroups of the judged rows: how a column divides them, and what is pooled between them.

Pure array mathematics on columns and estimates from anywhere (docs/subgroups.md).
"""

from trifit.subgroups.division import MISSING, By, Subgroups, divide
from trifit.subgroups.multiplicity import step_down
from trifit.subgroups.pooling import Pooled, pooled

__all__ = ["MISSING", "By", "Pooled", "Subgroups", "divide", "pooled", "step_down"]
