"""Which cases of a parametrized test run by default, and which in ``make test-broad``."""

from collections.abc import Iterable
from typing import Any

import pytest


def by_default(*chosen: Any, of: Iterable[Any]) -> list[Any]:
    """All cases; those that were not chosen are marked ``broad``."""
    cases = list(of)
    unknown = [case for case in chosen if case not in cases]
    assert not unknown, f"no such case: {unknown}"
    return [case if case in chosen else _broad(case) for case in cases]


def _broad(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.broad)
