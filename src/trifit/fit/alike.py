"""Linear models that treat all features alike: known for any number of features from two.

Probing a model's matrices takes a call of its graph for every parameter. Where every feature
has parameters of its own, and all features the same part of the matrices, the model of two
features says what that part is; a few random points prove it of the model at hand.
"""

from dataclasses import dataclass, replace

import numpy as np

from trifit.fit.affine import Affine, close, compact, dense
from trifit.fit.blocks import Blocks
from trifit.fit.density import covariance_root
from trifit.fit.entries import Entries
from trifit.types import FloatArray

PAIR = 2
"""Features of the model that is probed."""


@dataclass(frozen=True, eq=False)
class AlikeMap:
    """An affine map with a part for what belongs to no feature, and the same for every feature.

    Attributes
    ----------
    shared, each : Affine
    inputs, outputs : Entries
    """

    shared: Affine
    each: Affine
    inputs: Entries
    outputs: Entries

    @classmethod
    def of(cls, pair: Affine, inputs: Entries, outputs: Entries) -> "AlikeMap | None":
        """The map whose form for two features is ``pair``; None if that is of another form.

        Parameters
        ----------
        pair : Affine
        inputs, outputs : Entries
        """
        (alone, own), (alone_out, own_out) = inputs.places(PAIR), outputs.places(PAIR)
        matrix = dense(pair.matrix)
        found = cls(
            Affine(pair.offset[alone_out], matrix[np.ix_(alone_out, alone)]),
            Affine(pair.offset[own_out[0]], matrix[np.ix_(own_out[0], own[0])]),
            inputs,
            outputs,
        )
        again = found.of_features(PAIR)
        same = close(again.offset, pair.offset)
        return found if same and close(dense(again.matrix), matrix) else None

    def of_features(self, n_features: int) -> Affine:
        """The map of so many features."""
        shared, each = dense(self.shared.matrix), dense(self.each.matrix)
        blocks = Blocks(shared, each, self.outputs, self.inputs, n_features)
        alone, own = self.outputs.places(n_features)
        offset = np.empty(blocks.shape[0])
        offset[alone], offset[own] = self.shared.offset, self.each.offset
        return Affine(offset, compact(blocks))


@dataclass(frozen=True, eq=False)
class Maps:
    """The matrices of a linear model with a quadratic log prior.

    Attributes
    ----------
    params : Affine
        Of theta: values in the model's own units.
    weights : Affine
        Of ``params``: the raveled ``B (1 + n_features, n_classes - 1)``; log-odds of classes
        1, 2, ... against class 0 are ``[1, x] @ B``.
    prior_gradient : Affine
        Of theta.
    prior_constant : float
        The log prior at zero.
    """

    params: Affine
    weights: Affine
    prior_gradient: Affine
    prior_constant: float


@dataclass(frozen=True, eq=False)
class Alike:
    """A linear model of any number of features.

    Features have independent priors of mean zero, all the same, and nothing but ``x @ beta``
    depends on the features: so the model is the same in rotated features
    (docs/decisions/009-span-of-the-rows.md).

    Attributes
    ----------
    params, weights, prior_gradient : AlikeMap
        See :class:`Maps`.
    constant, constant_each : float
        The log prior at zero: of two features, and of every further one.
    root : array of shape (n_values, n_values)
        ``root @ z`` with standard normal z are a feature's parameters under the prior.
    """

    params: AlikeMap
    weights: AlikeMap
    prior_gradient: AlikeMap
    constant: float
    constant_each: float
    root: FloatArray

    @classmethod
    def of(
        cls, pair: Maps, theta: Entries, params: Entries, n_odds: int, constant_each: float
    ) -> "Alike | None":
        """The model whose form for two features is given.

        None if the two are not alike, or have no proper prior of mean zero.

        Parameters
        ----------
        pair : Maps
        theta, params : Entries
            Of theta, and of values in the model's own units.
        n_odds : int
            Number of classes less one.
        constant_each : float
        """
        B = Entries(((False, n_odds), (True, n_odds)))
        values = AlikeMap.of(pair.params, theta, params)
        weights = AlikeMap.of(pair.weights, params, B)
        gradient = AlikeMap.of(pair.prior_gradient, theta, theta)
        if values is None or weights is None or gradient is None:
            return None
        offsets = [m.each.offset for m in (values, weights, gradient)]
        covariance = covariance_root(np.asarray(gradient.each.matrix))
        if covariance is None or not close(np.concatenate(offsets), 0.0):
            return None
        root = np.asarray(values.each.matrix @ covariance)
        return cls(values, weights, gradient, pair.prior_constant, constant_each, root)

    def with_prior(self, shared: Affine, each: Affine, constant: float, further: float) -> "Alike":
        """The same model under another prior of the same form.

        Parameters
        ----------
        shared, each : Affine
            Gradient of the log prior of what belongs to no feature, and of a feature's own.
        constant, further : float
            As ``constant`` and ``constant_each``.
        """
        gradient = replace(self.prior_gradient, shared=shared, each=each)
        covariance = covariance_root(np.asarray(each.matrix))
        assert covariance is not None  # as proper as that of this model
        root = np.asarray(self.params.each.matrix @ covariance)
        return replace(
            self,
            prior_gradient=gradient,
            constant=constant,
            constant_each=further,
            root=root,
        )

    def prior_spread(self, X: FloatArray) -> float:
        """Prior standard deviation of ``x @ beta``; see :meth:`Density.prior_spread`."""
        each = np.asarray(self.weights.each.matrix @ self.root)
        return float(np.sqrt(np.square(each[0]).sum() * np.square(X).sum(axis=1).mean()))

    def of_features(self, n_features: int) -> Maps:
        """The matrices for so many features."""
        return Maps(
            self.params.of_features(n_features),
            self.weights.of_features(n_features),
            self.prior_gradient.of_features(n_features),
            self.constant + (n_features - PAIR) * self.constant_each,
        )
