"""What is known of one coefficient."""

import msgspec

from trifit.results.record import Record


class Parameter(Record, frozen=True, kw_only=True):
    """One coefficient in one kind of units, under all fits.

    Mean, sd and 95 % interval are the posterior's, None where there is none; R-hat
    and ESS are NUTS's.
    ``mle_runs_to`` is 1 or -1 where a separated MLE runs to plus or minus
    infinity, else 0.
    """

    parameter: str
    feature: str
    label: str = msgspec.field(name="class")
    units: str
    mle: float
    mle_runs_to: int
    map: float
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    rhat: float | None
    ess_bulk: float | None
    ess_tail: float | None
