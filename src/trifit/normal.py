"""Quantiles of the standard normal distribution: standard errors on either side of an interval."""

Z80 = 0.841621
"""One-sided 80 %, the power of a test."""

Z95 = 1.96
"""Two-sided 95 %."""

Z99 = 2.575829
"""Two-sided 99 %."""
