"""``Comparison``: every number of a report, as plain data that is JSON."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trifit.contestants import posterior_of
from trifit.errors import InputError
from trifit.files import write_whole
from trifit.results.disagreement import (
    Axis,
    ByDistance,
    Disagreement,
    Example,
    FeatureValue,
    Layer,
    ProbabilityMap,
    RowTable,
)
from trifit.results.plots import Plots, report
from trifit.results.posterior import (
    Chain,
    Draws,
    LaplaceError,
    Loo,
    ParameterError,
    PosteriorRecord,
    Ranks,
    Trust,
)
from trifit.results.prior import (
    PriorGroup,
    PriorPosterior,
    PriorRecord,
    PriorRow,
    PriorSensitivity,
    SensitivityStep,
)
from trifit.results.record import Interval, Record
from trifit.results.reliability import (
    Band,
    Code,
    Curve,
    Gain,
    Reliability,
    Rule,
    Scoreboard,
    TopLabel,
)
from trifit.results.truth import Coverage, Truth, TruthRecord

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "SCHEMA",
    "Axis",
    "Band",
    "ByDistance",
    "Chain",
    "Code",
    "Comparison",
    "Coverage",
    "Curve",
    "Data",
    "Difference",
    "Disagreement",
    "Draws",
    "Evaluation",
    "Example",
    "FeatureValue",
    "FitRecord",
    "Gain",
    "Interval",
    "LaplaceError",
    "Layer",
    "Loo",
    "Parameter",
    "ParameterError",
    "PathStep",
    "PosteriorRecord",
    "PriorGroup",
    "PriorPosterior",
    "PriorRecord",
    "PriorRow",
    "PriorSensitivity",
    "ProbabilityMap",
    "Provenance",
    "Ranks",
    "Record",
    "Reliability",
    "RowTable",
    "Rule",
    "Scoreboard",
    "Scores",
    "SensitivityStep",
    "TopLabel",
    "Trust",
    "Truth",
    "TruthRecord",
]

SCHEMA = "trifit.comparison/1"

NUMBERS = re.compile(rb"\[\n[-+.\deE, \n]+\]")
"""A list of numbers spread over lines: no text can hold it, since JSON escapes line ends."""


class Scores(Record, frozen=True, kw_only=True):
    """Held-out scores with standard errors; log-loss in nats, lower is better."""

    log_loss: float
    log_loss_se: float
    log_loss_bits: float
    brier: float
    brier_se: float
    accuracy: float
    accuracy_se: float


class PathStep(Record, frozen=True, kw_only=True):
    """A step of an optimiser: cross-entropies in nats per row, largest gradient entry."""

    step: int
    cross_entropy: float
    gradient: float
    held_out: float | None


class FitRecord(Scores, frozen=True, kw_only=True):
    """One fit: how it ended, how it scored, whether its outputs are probabilities.

    ``elpd`` is the sum of log predictive densities over held-out rows, higher is
    better; ``gains`` are keyed by recalibration map; ``code`` is None with a
    reason in ``code_note``. ``path`` is that of the first training set's optimiser,
    with the held-out cross-entropy of its test rows; empty for fits without one.
    """

    status: str
    status_text: str
    trustworthy: bool
    seconds: float
    slope: float | None
    slope_se: float | None
    intercepts: list[float]
    elpd: float
    elpd_se: float
    gains: dict[str, Gain]
    p_value: float | None
    verdict: str
    verdict_text: str
    rules: list[Rule]
    code: Code | None
    code_note: str
    top_label: TopLabel
    classes: list[Reliability]
    diagnostics: dict[str, float | None]
    path: list[PathStep]


class Difference(Record, frozen=True, kw_only=True):
    """``log_loss(a) - log_loss(b)`` on the same rows: negative means a is better.

    ``elpd_diff = elpd(a) - elpd(b)``: positive means a is better;
    ``probability_better`` is the Bayesian bootstrap's that a is.
    """

    a: str
    b: str
    log_loss_diff: float
    se: float
    elpd_diff: float
    elpd_diff_se: float
    probability_better: float


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


class Data(Record, frozen=True, kw_only=True):
    """What was classified."""

    name: str
    source: str
    n_obs: int
    n_features: int
    n_classes: int
    feature_names: list[str]
    class_names: list[str]
    class_counts: list[float]
    fingerprint: str
    notes: list[str]
    leaks: list[str] = msgspec.field(default_factory=list)


class Evaluation(Record, frozen=True, kw_only=True):
    """Which rows were scored."""

    kind: str
    reason: str
    n_parts: int
    n_test: int
    n_train: int

    @property
    def rows(self) -> str:
        """How many rows there are, in words; those of a test set that was given apart."""
        if self.kind == "given":
            return f"{self.n_train:,} training and {self.n_test:,} test rows"
        n_obs = self.n_test if self.kind == "cv" else self.n_train + self.n_test
        return f"{n_obs:,} rows"


class Provenance(Record, frozen=True, kw_only=True):
    """How to make the same numbers again.

    ``seconds`` are wall seconds per stage, and ``total``: with each fit's
    ``seconds`` the only numbers that differ between two runs with one seed.
    """

    command: str
    seed: int
    versions: dict[str, str]
    settings: dict[str, bool | float | str]
    seconds: dict[str, float]


class Comparison(Plots, Record, frozen=True, kw_only=True):
    """One classifier fitted three ways and compared on held-out rows.

    Attributes
    ----------
    fits : dict
        Keyed ``mle``, ``map``, ``mean`` (not for networks), ``bayes``, ``mle+T``
        and what else was asked for; without NUTS neither ``mean`` nor ``bayes``.
    baselines : dict
        ``uniform`` and ``class frequencies``.
    scoreboard : dict
        Every score with its interval, keyed by fit, then by baseline.
    differences : list of Difference
    temperatures : list of float
        The temperature of ``mle+T``, one per training set.
    posterior : PosteriorRecord or None
        Of :attr:`posterior_fit`.
    laplace_error : LaplaceError or None
        Where both ``laplace`` and ``bayes`` were fitted.
    trust : Trust or None
        The chains of one posterior; None without NUTS.
    prior : PriorRecord
    disagreement : Disagreement
    parameters : list of Parameter
        Of the fit to all training rows.
    truth : Truth or None
        Where the data are simulated: every fit against the true probabilities.
    """

    schema: str = SCHEMA
    data: Data
    card: dict[str, Any]
    evaluation: Evaluation
    fits: dict[str, FitRecord]
    baselines: dict[str, Scores]
    scoreboard: dict[str, Scoreboard]
    differences: list[Difference]
    temperatures: list[float]
    posterior: PosteriorRecord | None
    laplace_error: LaplaceError | None = None
    parameters: list[Parameter]
    provenance: Provenance
    trust: Trust | None
    prior: PriorRecord
    disagreement: Disagreement
    truth: Truth | None = None

    @property
    def trustworthy(self) -> bool:
        """Whether every fit is what it claims to be."""
        return all(fit.trustworthy for fit in self.fits.values())

    @property
    def posterior_fit(self) -> str | None:
        """The fit that is called the posterior: ``bayes``, else ``laplace``, else none."""
        return posterior_of(self.fits)

    def summary(self) -> "pd.DataFrame":
        """One row per fit and baseline: scores with standard errors, and the verdict."""
        import pandas as pd

        rows: dict[str, dict[str, Any]] = {}
        score_names = Scores.__struct_fields__
        for name, fit in self.fits.items():
            rows[name] = {s: getattr(fit, s) for s in score_names} | {
                "slope": fit.slope,
                "slope_se": fit.slope_se,
                "gain": fit.gains["temperature"].value,
                "gain_se": fit.gains["temperature"].se,
                "mcb": fit.top_label.mcb,
                "status": fit.status,
                "verdict": fit.verdict,
            }
        for name, scores in self.baselines.items():
            rows[name] = {s: getattr(scores, s) for s in score_names}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("fit")

    def to_json(self, path: str | os.PathLike[str]) -> None:
        """Write the comparison as JSON."""
        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        write_whole(path, NUMBERS.sub(_on_one_line, text) + b"\n")

    @classmethod
    def from_json(cls, path: str | os.PathLike[str]) -> "Comparison":
        """Read a comparison written by :meth:`to_json`.

        Raises
        ------
        InputError
            If the file is missing or is not a comparison.
        """
        file = Path(path)
        if not file.is_file():
            raise InputError(f"{str(file)!r}: no such file; trifit compare writes it")
        try:
            comparison = msgspec.json.decode(file.read_bytes(), type=cls)
        except OSError as error:
            raise InputError(f"{str(file)!r} cannot be read: {error.strerror}") from error
        except msgspec.DecodeError as error:
            raise InputError(f"{str(file)!r} is not a trifit comparison: {error}") from error
        if comparison.schema != SCHEMA:
            raise InputError(
                f"{str(file)!r} has schema {comparison.schema!r}; this trifit reads {SCHEMA!r}"
            )
        return comparison

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Write the report: one self-contained HTML file."""
        write_whole(path, report("page").render(self))


def _on_one_line(numbers: re.Match[bytes]) -> bytes:
    return b" ".join(numbers[0].split()).replace(b"[ ", b"[").replace(b" ]", b"]")
