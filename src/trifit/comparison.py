"""``Comparison``: every number of a report, as plain data that is JSON."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trifit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "trifit.comparison/1"

EXTRAS = ("laplace", "map-cv", "squared-error")
"""Further fits, made where asked for."""

POSTERIORS = ("bayes", "laplace")
"""Fits that are a whole posterior; the first of them there is called *the* posterior."""

FIT_NAMES = {
    "mle": "maximum likelihood",
    "map": "maximum a posteriori",
    "mean": "at the posterior mean",
    "bayes": "full posterior",
    "mle+T": "MLE with one temperature",
    "laplace": "normal approximation of the posterior",
    "map-cv": "MAP with its prior's weight from cross-validation",
    "squared-error": "least squared error",
}


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen group of plain numbers and texts."""


class Curve(Record, frozen=True, kw_only=True):
    """A reliability curve in blocks; see :class:`trifit.calibration.Curve`."""

    low: list[float]
    high: list[float]
    frequency: list[float]
    count: list[int]


class Reliability(Record, frozen=True, kw_only=True):
    """CORP of one event (Brier score): ``score = mcb - dsc + unc``, and its curve."""

    score: float
    mcb: float
    dsc: float
    unc: float
    curve: Curve


class TopLabel(Reliability, frozen=True, kw_only=True):
    """CORP of "the most probable class is right", with what chance would give.

    ``mcb_limit`` is the 95 % quantile of ``mcb`` under calibration; the band is
    pointwise, for the curve under calibration; ``histogram`` counts confidences
    in 20 equal bins of [0, 1].
    """

    confidence: float
    mcb_mean: float
    mcb_limit: float
    band_grid: list[float]
    band_lower: list[float]
    band_upper: list[float]
    histogram: list[int]


class Gain(Record, frozen=True, kw_only=True):
    """Log-loss gained by a recalibration map on rows it has not seen, nats per row.

    0 or below is calibrated; see :func:`trifit.recalibration.recalibration_gain`.
    """

    value: float
    se: float


class Rule(Record, frozen=True, kw_only=True):
    """One rule behind a verdict: what was asked, the number found, whether it was met."""

    asked: str
    found: str
    met: bool


class Code(Record, frozen=True, kw_only=True):
    """The held-out labels really encoded; see :func:`trifit.information.code_length`."""

    bits: int
    ideal_bits: float
    n_floored: int


class Loo(Record, frozen=True, kw_only=True):
    """PSIS-LOO of the posterior on its training rows; see :func:`trifit.fit.loo.loo`."""

    elpd: float
    se: float
    p: float
    n_obs: int
    n_high_k: int
    k_limit: float
    k_max: float


class Draws(Record, frozen=True, kw_only=True):
    """One number over single draws of the posterior (5 %, 50 %, 95 %), and averaged first."""

    low: float | None
    median: float | None
    high: float | None
    averaged: float | None


class ParameterError(Record, frozen=True, kw_only=True):
    """How far the Laplace posterior's parameters are from NUTS's, worst and median.

    Attributes
    ----------
    mean_worst, mean_median : float
        ``|mean_laplace - mean_nuts| / sd_nuts``.
    mean_mcse : float
        NUTS's own Monte Carlo error of a mean, in the same units, at its worst.
    sd_worst, sd_median : float
        ``sd_laplace / sd_nuts``; the worst is furthest from 1 as a ratio.
    sd_mcse : float
        NUTS's own Monte Carlo error of an sd, as a share of it, at its worst.
    worst : str
        The parameter of ``mean_worst``.
    """

    mean_worst: float
    mean_median: float
    mean_mcse: float
    sd_worst: float
    sd_median: float
    sd_mcse: float
    worst: str


class LaplaceError(Record, frozen=True, kw_only=True):
    """How far the Laplace posterior is from NUTS's.

    Attributes
    ----------
    parameters : ParameterError or None
        Of the fit behind the parameters; None where they are not identified.
    probs_mean, probs_worst : float
        Total-variation distance (0 to 1) of the predicted probabilities over held-out
        rows: half the sum over classes of ``|p_laplace - p_nuts|``.
    probs_mcse : float
        NUTS's own Monte Carlo error of that mean: half the mean distance between the
        predictions of either half of its chains.
    """

    parameters: ParameterError | None
    probs_mean: float
    probs_worst: float
    probs_mcse: float


class PosteriorRecord(Record, frozen=True, kw_only=True):
    """What only a posterior can say.

    Attributes
    ----------
    entropy, aleatoric, epistemic : float
        Means over held-out rows, in nats: the entropy of the predictions is the
        mean entropy of single draws plus what the draws disagree about.
    epistemic_right, epistemic_wrong : float or None
        Epistemic part where the most probable class was right, and where not.
    n_draws : int
        Draws behind ``draws``, evenly spaced.
    draws : dict
        ``log_loss``, ``confidence`` and ``slope`` of single draws.
    loo : Loo or None
        None above 20,000 training rows, and for counts of annotators.
    """

    entropy: float
    aleatoric: float
    epistemic: float
    epistemic_right: float | None
    epistemic_wrong: float | None
    n_draws: int
    draws: dict[str, Draws]
    loo: Loo | None


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


class Evaluation(Record, frozen=True, kw_only=True):
    """Which rows were scored."""

    kind: str
    reason: str
    n_parts: int
    n_test: int
    n_train: int


class Provenance(Record, frozen=True, kw_only=True):
    """How to make the same numbers again."""

    command: str
    seed: int
    versions: dict[str, str]
    settings: dict[str, bool | float | str]


class Comparison(Record, frozen=True, kw_only=True):
    """One classifier fitted three ways and compared on held-out rows.

    Attributes
    ----------
    fits : dict
        Keyed ``mle``, ``map``, ``mean`` (not for networks), ``bayes``, ``mle+T``
        and what else was asked for; without NUTS neither ``mean`` nor ``bayes``.
    baselines : dict
        ``uniform`` and ``class frequencies``.
    differences : list of Difference
    temperatures : list of float
        The temperature of ``mle+T``, one per training set.
    posterior : PosteriorRecord or None
        Of :attr:`posterior_fit`.
    laplace_error : LaplaceError or None
        Where both ``laplace`` and ``bayes`` were fitted.
    parameters : list of Parameter
        Of the fit to all training rows.
    """

    schema: str = SCHEMA
    data: Data
    card: dict[str, Any]
    evaluation: Evaluation
    fits: dict[str, FitRecord]
    baselines: dict[str, Scores]
    differences: list[Difference]
    temperatures: list[float]
    posterior: PosteriorRecord | None
    laplace_error: LaplaceError | None = None
    parameters: list[Parameter]
    provenance: Provenance

    @property
    def trustworthy(self) -> bool:
        """Whether every fit is what it claims to be."""
        return all(fit.trustworthy for fit in self.fits.values())

    @property
    def posterior_fit(self) -> str | None:
        """The fit that is called the posterior: ``bayes``, else ``laplace``, else none."""
        return next((name for name in POSTERIORS if name in self.fits), None)

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
        Path(path).write_bytes(text + b"\n")

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
        from trifit.report import render

        try:
            Path(path).write_text(render(self), encoding="utf-8")
        except OSError as error:
            raise InputError(f"{str(path)!r} cannot be written: {error.strerror}") from error
