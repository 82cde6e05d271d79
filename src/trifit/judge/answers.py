"""What was asked of forecasts beyond scores and calibration, answered."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from trifit.forecasts import Forecasts
from trifit.judge.decisions import consequences
from trifit.judge.sets import sets
from trifit.judge.subgroups import divisions
from trifit.questions import Questions
from trifit.seeds import child, generator


def answers(
    forecasts: Forecasts,
    names: Sequence[str],
    asked: Questions,
    streams: np.random.SeedSequence,
    *,
    failed: Collection[str] = (),
) -> dict[str, Any]:
    """Decisions, subgroups and sets, by the fields of a ``Comparison``; empty if not asked for.

    Other class shares are not among them: each kind of forecast is corrected in its own way.

    Parameters
    ----------
    forecasts : Forecasts
    names : sequence of str
        The contestants.
    asked : Questions
    streams : numpy SeedSequence
        Parent of all named generators.
    failed : collection of str
        Contestants that are not judged by subgroup.
    """
    sound = [name for name in names if name not in failed]
    return {
        "consequences": consequences(forecasts, names, asked.costs, asked.thresholds),
        "divisions": divisions(forecasts, sound, asked.by, child(streams, "subgroups")),
        "prediction_sets": sets(forecasts, names, asked.sets, generator(streams, "sets")),
    }
