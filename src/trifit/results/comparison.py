"""``Comparison``: every number of a report, as plain data that is JSON."""

import os
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from trifit.cards import Card
from trifit.contestants import posterior_of
from trifit.errors import InputError
from trifit.files import write_whole
from trifit.notes import Note
from trifit.results.advice import Advice
from trifit.results.consequences import Consequences
from trifit.results.contestant import FitRecord, Judged, Scores
from trifit.results.disagreement import Disagreement
from trifit.results.ensemble import Ensemble
from trifit.results.noticed import Noticed
from trifit.results.parameters import Parameter
from trifit.results.plots import Plots, report
from trifit.results.posterior import ChainDiagnostics, LaplaceError, PosteriorRecord
from trifit.results.prevalence import PrevalenceRecord
from trifit.results.prior import PriorRecord
from trifit.results.record import Record
from trifit.results.sets import Sets
from trifit.results.subgroups import Division
from trifit.results.truth import Truth
from trifit.scores import BITS, Estimate
from trifit.tagged import read_tagged
from trifit.types import SplitRule

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "trifit.comparison/5"

LOGARITHMIC = ("log_loss", "log_loss_bits")
"""Scores that are infinite where a label was given probability 0."""

NUMBERS = re.compile(rb"\[\n[-+.\deE, \n]+\]")
"""A list of numbers spread over lines: no text can hold it, since JSON escapes line ends."""


class Difference(Record, frozen=True, kw_only=True):
    """One contestant against another on the same rows, row by row.

    ``log_loss`` is ``log_loss(a) - log_loss(b)`` per row, in nats: negative means a is better.
    ``elpd`` is ``elpd(a) - elpd(b)``: positive means a is better. ``probability_better`` is the
    Bayesian bootstrap's that a is.
    """

    a: str
    b: str
    log_loss: Estimate
    elpd: Estimate
    probability_better: float


class Data(Record, frozen=True, kw_only=True):
    """What was classified; ``notes`` are what was decided when it was read."""

    name: str
    source: str
    n_obs: int
    n_features: int
    n_classes: int
    feature_names: list[str]
    class_names: list[str]
    class_counts: list[float]
    fingerprint: str
    notes: list[Note]
    leaks: list[str] = msgspec.field(default_factory=list)


class Evaluation(Record, frozen=True, kw_only=True):
    """Which rows were scored.

    Attributes
    ----------
    kind : {"cv", "holdout", "given", "predictions"}
    rule : SplitRule or None
        How the test rows were chosen; None where predictions were given.
    n_parts, n_test, n_train : int
    grouped_by : str
        The column whose equal values mark rows that belong together; empty: none.
    n_groups : int or None
        Groups of the test rows, which errors count in place of rows.
    """

    kind: Literal["cv", "holdout", "given", "predictions"]
    rule: SplitRule | None = None
    n_parts: int
    n_test: int
    n_train: int
    grouped_by: str = ""
    n_groups: int | None = None


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
    """One classifier fitted three ways, or forecasts of any origin, on held-out rows.

    What only fits have (``card``, ``fits``, ``posterior``, ``parameters``, ``chain_diagnostics``,
    ``prior``) is empty or None where forecasts came from files.

    Attributes
    ----------
    noticed : Noticed
        What a reader should know of data and fits.
    contestants : dict of Judged
        What held-out rows say of each: ``mle``, ``map``, ``mean`` (not for networks),
        ``bayes``, ``mle+T`` and what else was asked for; without NUTS neither ``mean`` nor
        ``bayes``. Then rivals.
    sources : dict of str
        Of forecasts by others: of which estimator or file.
    fits : dict of FitRecord
        How each contestant's fit ended.
    advice : dict of Advice
        What to do next with each contestant's outputs.
    baselines : dict of Scores
        ``uniform`` and ``class frequencies``.
    differences : list of Difference
    temperatures : list of float
        The temperature of ``mle+T``, one per training set.
    posterior : PosteriorRecord or None
        Of :attr:`posterior_fit`.
    laplace_error : LaplaceError or None
        Where both ``laplace`` and ``bayes`` were fitted.
    chain_diagnostics : ChainDiagnostics or None
        The chains of one posterior; None without NUTS.
    prior : PriorRecord or None
    disagreement : Disagreement or None
        None with a single contestant.
    parameters : list of Parameter
        Of the fit to all training rows.
    truth : Truth or None
        Where the data are simulated: every fit against the true probabilities.
    ensemble : Ensemble or None
        Where forecasts are averages of members or draws that were given.
    consequences : Consequences or None
        What decisions cost and gain, where costs or thresholds were given.
    divisions : list of Division
        Calibration by subgroup, a division of the rows for each column that was given.
    prevalence_shift : PrevalenceRecord or None
        Scores where classes have other shares, if that was asked for.
    prediction_sets : Sets or None
        Sets of classes that should contain the label, where a level was given.
    """

    schema: str = SCHEMA
    data: Data
    noticed: Noticed = msgspec.field(default_factory=Noticed)
    card: Card | None = None
    evaluation: Evaluation
    contestants: dict[str, Judged]
    sources: dict[str, str] = msgspec.field(default_factory=dict)
    fits: dict[str, FitRecord] = msgspec.field(default_factory=dict)
    advice: dict[str, Advice] = msgspec.field(default_factory=dict)
    baselines: dict[str, Scores]
    differences: list[Difference]
    temperatures: list[float] = msgspec.field(default_factory=list)
    posterior: PosteriorRecord | None = None
    laplace_error: LaplaceError | None = None
    parameters: list[Parameter] = msgspec.field(default_factory=list)
    provenance: Provenance
    chain_diagnostics: ChainDiagnostics | None = None
    prior: PriorRecord | None = None
    disagreement: Disagreement | None = None
    truth: Truth | None = None
    ensemble: Ensemble | None = None
    consequences: Consequences | None = None
    divisions: list[Division] = msgspec.field(default_factory=list)
    prevalence_shift: PrevalenceRecord | None = None
    prediction_sets: Sets | None = None

    @property
    def failed(self) -> list[str]:
        """Fits that are not what they claim to be."""
        return [name for name, fit in self.fits.items() if fit.status.failed]

    @property
    def posterior_fit(self) -> str | None:
        """The fit that is called the posterior: ``bayes``, else ``laplace``, else none."""
        return posterior_of(self.fits)

    @property
    def scoreboard(self) -> dict[str, dict[str, Estimate]]:
        """Every score of every contestant, then of the baselines.

        ``log_loss`` in nats and in bits, ``brier``, ``accuracy``, ``calibration_error``; of
        contestants also ``gain``, that of temperature scaling. (Baselines have no log-odds to
        stretch.)
        """
        board = {name: _scores(judged.scores) for name, judged in self.contestants.items()}
        for name, judged in self.contestants.items():
            if judged.calibration.gain is not None:
                board[name]["gain"] = judged.calibration.gain
        return board | {name: _scores(scores) for name, scores in self.baselines.items()}

    def infinite(self, a: str, b: str | None = None) -> str:
        """The log-loss of a contestant, or its difference from another's, where it is infinite.

        Empty where it is finite: no label was given probability 0.
        """
        first, second = (
            name is not None
            and name in self.contestants
            and self.contestants[name].scores.n_impossible > 0
            for name in (a, b)
        )
        if b is None:
            return "∞" if first else ""
        return {(True, False): "+∞", (False, True): "−∞", (True, True): "∞ − ∞"}.get(
            (first, second), ""
        )

    def explain(self, name: str) -> str:
        """The verdict on one contestant, why, and what to do next, in sentences."""
        words = import_module("trifit.words")
        judged = self.contestants[name]
        text = words.verdict_text(judged, self.fits.get(name))
        return f"{words.VERDICTS[judged.verdict]}. {text} {words.advice_text(self, name)}".strip()

    def summary(self) -> "pd.DataFrame":
        """One row per contestant and baseline: scores with standard errors, verdict, advice."""
        import pandas as pd

        rows: dict[str, dict[str, Any]] = {}
        for name, scores in self.scoreboard.items():
            rows[name] = {}
            for score, estimate in scores.items():
                rows[name] |= {score: estimate.value, f"{score}_se": estimate.se}
        for name, judged in self.contestants.items():
            slope = judged.calibration.slope
            rows[name] |= {
                "slope": slope and slope.value,
                "slope_se": slope and slope.se,
                "status": self.fits[name].status.value if name in self.fits else None,
                "verdict": judged.verdict.value,
                "advice": self.advice[name].step.value if name in self.advice else None,
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("fit")

    def decisions(self) -> "pd.DataFrame":
        """One row per contestant, then per action that everyone gets: costs, net benefit, risk.

        Columns (errors end with ``_se``): ``promised`` and ``came_true``, the cost per case,
        ``excess``, their paired difference; ``share_better`` and ``share_worse``, the share of the
        thresholds at which the net benefit is clearly above both "treat all" and "treat none", and
        clearly below one of them; ``error_rate``; ``risk_area``, the area under the risk-coverage
        curve.

        Raises
        ------
        InputError
            If neither costs nor thresholds were given.
        """
        frame: pd.DataFrame = report("frames").decisions(self)
        return frame

    def subgroups(self) -> "pd.DataFrame":
        """One row per contestant and subgroup: log-loss, slope, bias, verdict.

        Index: ``fit``, ``by``, ``subgroup``. Columns (errors end with ``_se``): ``n_obs``;
        ``log_loss``; ``slope`` and ``slope_pooled``, drawn towards those of the others; ``bias``
        and ``bias_pooled``, mean probability minus frequency of ``bias_class``; ``p_slope`` and
        ``p_bias``, corrected, of a difference from the others; ``p_homogeneity``, of all subgroups
        of a column; ``differs`` (``"slope"``, ``"bias"``, both or empty); ``verdict``.

        Raises
        ------
        InputError
            If no column was given.
        """
        frame: pd.DataFrame = report("frames").subgroups(self)
        return frame

    def prevalence(self) -> "pd.DataFrame":
        """One row per contestant: scores where classes have other shares.

        Columns (errors end with ``_se``): ``log_loss``, ``brier``, ``accuracy``; ``uncorrected``,
        the log-loss before; ``gain``, their paired difference. With rows without labels also
        ``share:CLASS``, ``share:CLASS_low``, ``share:CLASS_high`` and ``p_shift``.

        Raises
        ------
        InputError
            If no other prevalence was given.
        """
        frame: pd.DataFrame = report("frames").prevalence(self)
        return frame

    def sets(self) -> "pd.DataFrame":
        """Sets of classes that should contain the label: a row per contestant, kind and class.

        Kind ``own`` takes the fewest classes whose probabilities add up to the level, ``conformal``
        a threshold that was calibrated on other rows (:mod:`trifit.conformal`). Columns: ``class``
        (None: all rows), ``n_obs``, ``coverage`` and ``size`` (classes in a set) with the ends of
        their 95 % intervals (``_low``, ``_high``), ``empty`` (share of empty sets).

        Raises
        ------
        InputError
            If no level was given.
        """
        frame: pd.DataFrame = report("frames").sets(self)
        return frame

    def metrics(self) -> dict[str, float]:
        """Every score by a flat name, for experiment trackers; see :mod:`trifit.results.metrics`.

        >>> mlflow.log_metrics(comparison.metrics())  # doctest: +SKIP
        """
        from trifit.results.metrics import metrics_of

        return metrics_of(self)

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
        return read_tagged(
            file,
            cls,
            SCHEMA,
            called=repr(str(file)),
            otherwise="is not a trifit comparison",
            remedy=": make it again with the command stored in it",
        )

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Write the report: one self-contained HTML file."""
        write_whole(path, report("page").render(self))


def command_of(path: Path) -> str | None:
    """The command that a file of any version says made it; None if it says none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Made).provenance.command
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _Command(msgspec.Struct):
    command: str


class _Made(msgspec.Struct):
    provenance: _Command


def _scores(scores: Scores) -> dict[str, Estimate]:
    return {
        "log_loss": scores.log_loss,
        "log_loss_bits": scores.log_loss.times(BITS),
        "brier": scores.brier,
        "accuracy": scores.accuracy,
        "calibration_error": scores.calibration_error,
    }


def _on_one_line(numbers: re.Match[bytes]) -> bytes:
    return b" ".join(numbers[0].split()).replace(b"[ ", b"[").replace(b" ]", b"]")
