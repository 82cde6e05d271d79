"""Which cases of a parametrized test run by default, and which in ``make test-broad``."""

from collections.abc import Iterable
from typing import Any

import pytest


def by_default(*chosen: Any, of: Iterable[Any], several: bool = False) -> list[Any]:
    """All cases; those that were not chosen are marked ``broad``.

    With ``several`` a case is a tuple of the values of several arguments.
    """
    cases = list(of)
    unknown = [case for case in chosen if case not in cases]
    assert not unknown, f"no such case: {unknown}"

    def broad(case: Any) -> Any:
        return pytest.param(*(case if several else (case,)), marks=pytest.mark.broad)

    return [case if case in chosen else broad(case) for case in cases]
