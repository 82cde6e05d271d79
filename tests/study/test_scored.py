"""Numbers of one cell where a label was ruled out."""

from types import SimpleNamespace

import numpy as np
import pytest

from trifit.fits import Prediction, Status
from trifit.study.scored import verdicts
from trifit.types import Rows


@pytest.mark.parametrize(("ruled_out", "gains"), [(False, 1), (True, 0)])
def test_no_gain_where_a_label_has_probability_0(ruled_out, gains):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 60)
    y = (rng.uniform(size=60) < p).astype(int)
    if ruled_out:
        p[y == 0] = np.where(np.arange((y == 0).sum()) == 0, 1.0, p[y == 0])
    with np.errstate(divide="ignore"):
        prediction = Prediction(np.log(np.column_stack([1 - p, p])), np.zeros(60))
    rows = verdicts(
        {"own": SimpleNamespace(status=Status.CONVERGED)},
        {"own": prediction},
        Rows(np.zeros((60, 1)), y),
        ["a", "b"],
        np.random.SeedSequence(1),
    )
    found = [row.quantity for row in rows]
    assert found.count("gain") == gains
    assert "behaves" in found
