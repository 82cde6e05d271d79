"""The three ways of fitting as scikit-learn estimators.

>>> from sklearn.datasets import load_iris
>>> from trifit.estimators import MAPClassifier
>>> X, y = load_iris(return_X_y=True)
>>> MAPClassifier(prior_scale=1.0).fit(X, y).predict_proba(X).shape  # doctest: +SKIP
(150, 3)
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from trifit.cards import Card, load_card
from trifit.crossfit.classifier import Classifier, density_on, probe_of
from trifit.crossfit.rotation import Rotation, into_span
from trifit.data import Standardiser
from trifit.devices import check_device, chosen_device
from trifit.duplicates import distinct
from trifit.errors import InputError
from trifit.fit import Training, check_fits
from trifit.fits import Fit, Status
from trifit.functions import Builder
from trifit.results import ChosenScale
from trifit.text import listing
from trifit.types import FloatArray, Rows
from trifit.words.status import STATUSES

NO_MAXIMUM = (Status.SEPARATED, Status.PLATEAU)


class _CardClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A card's model as an estimator; subclasses say which fit of it."""

    _fit_name: ClassVar[str]

    def __init__(
        self,
        model: str | Path | Card | Builder = "softmax",
        *,
        prior_scale: float | str | None = None,
        overrides: Mapping[str, Any] | None = None,
        device: str = "cpu",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.model = model
        self.prior_scale = prior_scale
        self.overrides = overrides
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to training rows.

        Parameters
        ----------
        X : array or dataframe of shape (n_obs, n_features)
            Numbers; they are standardised where the card says so.
        y : array of shape (n_obs,)
            Classes, of any kind.
        sample_weight : array of shape (n_obs,), optional
            How many rows each row stands for: weight 2 is the row given twice, 0 is none.

        Raises
        ------
        ValueError
            One line naming what does not fit.
        """
        check_device(self.device)
        values, labels = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        check_classification_targets(labels)
        classes, codes = np.unique(labels, return_inverse=True)
        weight = _check_sample_weight(sample_weight, values, ensure_non_negative=True)
        _check_classes(classes, np.bincount(codes, weight, len(classes)))
        some = weight > 0
        rows = distinct(values[some], codes[some], weight[some], len(classes))
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(values.shape[1])])
        self.classes_ = classes
        self.classifier_, scale = _fitted(
            self._fit_name,
            self._card(),
            rows,
            tuple(map(str, names)),
            tuple(map(str, classes.tolist())),
            int(check_random_state(self.random_state).randint(2**31)),
            self.device,
        )
        given = self.classifier_.card.hyperparameters.get("prior_scale")
        self.prior_scale_ = given if scale is None else scale.value
        if self.fit_.status.failed or self.fit_.status in NO_MAXIMUM:
            what = f"{type(self).__name__}: {STATUSES[self.fit_.status]}"
            warnings.warn(what, ConvergenceWarning, stacklevel=2)
        return self

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Class probabilities (n_obs, n_classes), in the order of ``classes_``."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: ArrayLike) -> FloatArray:
        """Natural logs of the class probabilities, (n_obs, n_classes)."""
        rows = self._checked(X)
        return self.classifier_.predict(rows)[self._fit_name].log_probs

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable class of every row, (n_obs,)."""
        log_probs = self.predict_log_proba(X)
        return np.asarray(self.classes_[log_probs.argmax(axis=1)])

    @property
    def fit_(self) -> Fit:
        """How the fit ended: ``status``, ``diagnostics``, ``seconds``, ``draws``."""
        return self.classifier_.fits[self._fit_name]

    @property
    def coef_(self) -> FloatArray:
        """Coefficients of the log-odds in the data's units.

        Of two classes those of the second, (1, n_features); of more, one row per class, summing
        to zero. Of a posterior their mean. There are none where log-odds are not linear.
        """
        return self._linear()[1]

    @property
    def intercept_(self) -> FloatArray:
        """Intercepts of the log-odds, (1,) for two classes, else (n_classes,); see ``coef_``."""
        return self._linear()[0]

    def _linear(self) -> tuple[FloatArray, FloatArray]:
        found = self.classifier_.coefficients(self._fit_name)
        if found is None:
            raise AttributeError(
                f"the log-odds of model {self.classifier_.card.name!r} are not linear in the "
                "features: it has no coef_ and intercept_"
            )
        intercept, beta = found
        if len(self.classes_) > 2:
            return intercept, beta
        return intercept[1:] - intercept[:1], beta[1:] - beta[:1]

    def _checked(self, X: ArrayLike) -> FloatArray:
        check_is_fitted(self, "classifier_")
        return np.asarray(validate_data(self, X, dtype=np.float64, reset=False))

    def _card(self) -> Card:
        card = self.model if isinstance(self.model, Card) else load_card(self.model)
        given = {} if self.prior_scale is None else {"prior_scale": self.prior_scale}
        return card.with_overrides({**given, **(self.overrides or {})})


class MLEClassifier(_CardClassifier):
    """Maximum likelihood: parameters that make the training labels most probable, no prior.

    Where the classes are separable there is no maximum: ``fit_.status`` is ``separated``, the
    parameters are where the optimiser stopped, and a ``ConvergenceWarning`` says so.

    Parameters
    ----------
    model : str, path, Card or function
        A card's name or file, a card, or a builder, as in :func:`trifit.compare`.
    prior_scale : float or "auto", optional
        The card's, short for ``overrides={"prior_scale": ...}``; of no effect here.
    overrides : mapping, optional
        Card settings to change, e.g. ``{"starts": 5}``.
    device : {"cpu", "gpu", "auto", "jax"}
        What makes the fit, as in :func:`trifit.compare`.
    random_state : int, RandomState or None
        Of the starts of models that are not linear.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features,)
        Where ``X`` was a dataframe.
    classifier_ : Classifier
        What was fitted, as plain data.
    prior_scale_ : float or None
        Of no effect here; None where the card's builder has a default of its own.
    """

    _fit_name = "mle"

    def _card(self) -> Card:
        return super()._card().with_builders_scale()  # a scale is not chosen for nothing


class MAPClassifier(_CardClassifier):
    """Maximum a posteriori: the mode of the posterior, penalised maximum likelihood.

    A Normal prior of scale ``s`` is ``LogisticRegression(C=s**2)`` on standardised features, but
    for the prior on intercepts.

    Parameters
    ----------
    model, overrides, device, random_state
        As in :class:`MLEClassifier`.
    prior_scale : float or "auto", optional
        Scale of the prior on coefficients of standardised features; default: the card's.
        ``"auto"``: the scale with the largest evidence (empirical Bayes).

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_, classifier_, prior_scale_
        As in :class:`MLEClassifier`.
    """

    _fit_name = "map"


class BayesClassifier(_CardClassifier):
    """The full posterior (NUTS): probabilities averaged over its draws.

    Draws that fail a check (R-hat, effective draws, divergences, ...) are predicted from all
    the same; ``fit_.status`` says which, and a ``ConvergenceWarning`` does.

    Parameters
    ----------
    model, prior_scale, device
        As in :class:`MAPClassifier`.
    overrides : mapping, optional
        Card settings to change, e.g. ``{"draws": 500, "chains": 2}``.
    random_state : int, RandomState or None
        Of the sampler: the same draws on one machine.

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_, classifier_, prior_scale_
        As in :class:`MLEClassifier`.
    """

    _fit_name = "bayes"

    def sample_proba(self, X: ArrayLike, n_draws: int | None = None) -> FloatArray:
        """Class probabilities of single draws: (n_draws, n_obs, n_classes).

        Parameters
        ----------
        X : array or dataframe of shape (n_obs, n_features)
        n_draws : int, optional
            Evenly spaced over all chains; default: all. Their mean is ``predict_proba``.
        """
        rows, there = self._checked(X), len(self.fit_.flat_draws)
        if n_draws is not None and not 1 <= n_draws <= there:
            raise InputError(
                f"n_draws={n_draws}: expected between 1 and {there}, the number of draws"
            )
        return np.exp(self.classifier_.draws(self._fit_name, rows, n_draws))


def _check_classes(classes: NDArray[Any], weight: FloatArray) -> None:
    """Refuse what is no classification problem: one class, or one without weight."""
    if len(classes) < 2:
        raise InputError(
            f"y holds one class, {str(classes[0])!r}; a classifier needs at least two classes"
        )
    if not weight.all():
        without = listing([str(c) for c in classes[weight == 0]])
        raise InputError(f"sample_weight is 0 for all rows of class {without}; leave them out")


def _fitted(
    name: str,
    card: Card,
    rows: Rows,
    feature_names: tuple[str, ...],
    class_names: tuple[str, ...],
    seed: int,
    device: str,
) -> tuple[Classifier, ChosenScale | None]:
    """One fit of a card to rows in the data's units, and the prior scale if these chose it."""
    weights = None if rows.labels.ndim == 1 else np.asarray(rows.labels, float).sum(axis=1)
    whole = Standardiser.fit(
        rows.X,
        standardize=card.standardize,
        sd=card.feature_sd,
        names=feature_names,
        weights=weights,
    )
    varies = ~whole.constant
    if not varies.any():
        raise InputError("X: every feature is constant, up to rounding errors")
    standardiser = whole.of_columns(varies)
    X = standardiser.transform(rows.X[:, varies])
    names = tuple(np.array(feature_names)[varies].tolist())
    whole_density = density_on(X, card, names, class_names)
    density = into_span(whole_density, X.shape[1], len(X))
    rotation = None
    if density is not whole_density:
        rotation = Rotation.spanning(X, len(X))
        X = rotation.coordinates(X)
    check_fits(density, card, (), nuts=True)
    seen = Rows(X, rows.labels)
    training = Training(
        density,
        seen,
        seen,
        card,
        np.random.SeedSequence(seed),
        device=chosen_device(device, n_rows=len(X), n_params=density.n_params),
    )
    fits = {name: training.fit(name)}
    probe = probe_of(density, fits, X)
    classifier = Classifier(
        training.card,
        feature_names,
        class_names,
        varies,
        standardiser,
        fits,
        probe,
        rotation,
    )
    return classifier, training.prior_scale
