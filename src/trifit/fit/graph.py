"""What trifit reads off a ``pm.Model``: log probabilities, log prior, parameters.

The likelihood is rebuilt from the observed variable's own probabilities, so
that the log-likelihood, the cross-entropy and the prediction are one expression:
``log_likelihood = sum_i log p(y_i | x_i) = -cross_entropy``.
"""

from collections.abc import Callable, Sequence
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np

from trifit.fit.contract import check_contract
from trifit.fit.density import Layout, Rescaled, SphericalT, is_scale
from trifit.fit.entries import Entries
from trifit.fit.fast.backend import (
    Join,
    LogSoftmax,
    Softmax,
    TensorConstant,
    ancestors,
    compile_function,
    draw,
    graph_replace,
    jax_function,
    log_softmax,
    pm,
    pt,
    with_settings,
)
from trifit.fit.fast.fused import fused_log_likelihood
from trifit.fit.fast.graph import CompiledObjective
from trifit.fit.graph_objective import GraphObjective
from trifit.inputs import Labels
from trifit.types import FloatArray


class GraphDensity:
    """The densities of one ``pm.Model`` as functions of its flat parameter vector.

    ``theta`` is the unconstrained vector of all free variables (length ``n_params``), ``params``
    the values of the model's named parameters (length ``layout.size``): its free variables and
    those of its Deterministics that do not depend on the rows. Predictions are functions of
    ``params`` in which a Deterministic counts before what it is made of, so that a coefficient
    written as ``z * scale`` may be averaged over draws. Functions are compiled on first use.

    Parameters
    ----------
    model : pm.Model
        With ``pm.Data("X")`` and one observed Categorical, Bernoulli or Multinomial.
    n_classes : int
    mode : {"compiled", "interpreted"}
        Compiled is fast to call; interpreted is ready at once, for a few calls.
    fused : bool
        Whether the log-likelihood is :class:`~trifit.fit.fast.fused.FusedLogLikelihood` if it can.

    Raises
    ------
    InputError
        If the model does not keep the builder's contract.
    """

    def __init__(
        self, model: Any, n_classes: int, *, mode: str = "compiled", fused: bool = True
    ) -> None:
        self.model = model
        self.n_classes = n_classes
        self.mode = mode
        self.fused = fused
        self._observed = check_contract(model)
        self._settings: dict[Any, Any] = {}
        self._point = model.initial_point(random_seed=0)
        self.n_params = int(sum(np.size(v) for v in self._point.values()))
        self._named = [*model.free_RVs, *_parameters_made(model)]
        values = model.replace_rvs_by_values(self._named)
        shapes_of = compile_function(
            model.value_vars, [v.shape for v in values], interpreted=True, simplified=False
        )
        shapes = shapes_of(*(self._point[v.name] for v in model.value_vars))
        names = [v.name for v in self._named]
        self.layout = Layout(
            names=tuple(names),
            shapes=tuple(tuple(int(n) for n in shape) for shape in shapes),
            dims=tuple(tuple(model.named_vars_to_dims.get(name, ())) for name in names),
            coords={k: tuple(map(str, v)) for k, v in model.coords.items() if v is not None},
        )
        self.linear, self.alike = False, None
        self.rescaled: Rescaled | None = None
        self.free_names = tuple(
            rv.name
            for rv, value in zip(model.free_RVs, model.value_vars, strict=True)
            for _ in range(np.size(self._point[value.name]))
        )
        free = {rv.name for rv in model.free_RVs if _is_unconstrained(model, rv)}
        self.scales = np.array([is_scale(name) for name in self.free_names])
        self.unconstrained = np.array([name in free for name in self.free_names])
        self.spherical = _spherical(
            model, [np.shape(self._point[v.name]) for v in model.value_vars]
        )

    @property
    def entries(self) -> Entries | None:
        """Which entries of theta belong to which feature, as the variables' dimensions say."""
        model = self.model
        return Entries.of(
            [np.shape(self._point[v.name]) for v in model.value_vars],
            [tuple(model.named_vars_to_dims.get(rv.name, ())) for rv in model.free_RVs],
        )

    def prior_spread(self, X: FloatArray) -> float | None:
        """None: log-odds are linear in a :class:`LinearDensity` only."""
        return None

    def holds_on(self, X: FloatArray) -> bool:
        """Always: it is the graph."""
        return True

    def start(self, rng: np.random.Generator) -> FloatArray:
        """A jittered starting point: zero is a saddle point of many networks."""
        theta = np.concatenate([np.ravel(v) for v in self._point.values()])
        return np.asarray(theta + rng.normal(scale=0.1, size=self.n_params))

    def constrain(self, thetas: FloatArray) -> FloatArray:
        """Parameter values of many thetas: (n, n_params) to (n, layout.size)."""
        return np.array([self._constrain(theta) for theta in thetas])

    def log_probs(self, params: FloatArray, X: FloatArray) -> FloatArray:
        """Log class probabilities: (n, layout.size) and (n_obs, n_features) to (n, n_obs, K)."""
        return np.array([self._log_probs(p, X) for p in params])

    def log_priors(self, thetas: FloatArray) -> FloatArray:
        """Log prior density of many thetas: (n, n_params) to (n,)."""
        return np.array([self.without_rows(t, prior=1.0, jacobian=0.0)[0] for t in thetas])

    def prior_draws(self, n_draws: int, seed: int) -> FloatArray | None:
        """Draws of the parameters from the prior, (n_draws, layout.size), without compiling."""
        if self.model.potentials:
            return None
        try:
            drawn = draw(self._named, n_draws, seed)
        except NotImplementedError:  # flat priors
            return None
        return np.concatenate([np.reshape(v, (n_draws, -1)) for v in drawn], axis=1)

    def bind(self, X: FloatArray, labels: Labels) -> GraphObjective:
        """The objective on one data set."""
        return GraphObjective(self, X, labels)

    @cached_property
    def log_prior(self) -> Callable[[FloatArray], tuple[float, FloatArray]]:
        """Value and gradient of the log prior alone, interpreted: for a few looks at it."""
        _, log_prior, _, _, theta = self._joined
        outputs = [log_prior, _gradient(log_prior, theta)]
        return compile_function(
            [theta], outputs, interpreted=True, simplified=False, settings=self._settings
        )

    @cached_property
    def without_rows(self) -> GraphObjective:
        """The objective without rows: log prior and log Jacobian alone."""
        row = np.zeros((1, self.model["X"].get_value(borrow=True).shape[1]))
        return GraphObjective(self, row, np.zeros((1, self.n_classes)))

    def compiled(self) -> "GraphDensity":
        """The same density of the same graphs, with functions that are compiled."""
        other = copy(self)
        other.mode = "compiled"
        for name in ("squared_error", "without_rows", "_constrain", "_log_probs"):
            vars(other).pop(name, None)
        return other

    @cached_property
    def _joined(self) -> tuple[Any, Any, Any, Any, Any]:
        """Log probs, log prior, log jacobian and params as graphs of one theta, and theta."""
        model = self.model
        terms = [*model.free_RVs, *model.potentials]
        log_prior = model.logp(vars=terms, jacobian=False)
        log_probs, log_jacobian, *params = model.replace_rvs_by_values(
            [log_probs_of(self._observed), _log_jacobian(model), *self._named]
        )
        flat = pt.concatenate([pt.flatten(p) for p in params])
        graphs, theta = pm.pytensorf.join_nonshared_inputs(
            self._point, [log_probs, log_prior, log_jacobian, flat], model.value_vars
        )
        graphs, self._settings = with_settings(graphs, _prior_numbers(model))
        return *graphs, theta

    def _with_features(self, output: Any) -> tuple[Any, Any]:
        """Make the features an input, so that one function serves all data."""
        data = self.model["X"]
        X = pt.matrix("X_rows", shape=(None, data.get_value(borrow=True).shape[1]))
        return graph_replace(output, {data: X}, strict=False), X

    @cached_property
    def _terms(self) -> tuple[Any, Any, Any, Any, Any]:
        """Log probs, log prior and log Jacobian as graphs of theta and any rows, and these two."""
        log_probs, log_prior, log_jacobian, _, theta = self._joined
        log_probs, X = self._with_features(log_probs)
        return log_probs, log_prior, log_jacobian, theta, X

    def for_jax(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """The terms as a JAX function of theta, rows and the settings; and the settings."""
        *terms, theta, X = self._terms
        return jax_function([theta, X, *self._settings], terms), tuple(self._settings.values())

    @cached_property
    def objective(self) -> CompiledObjective:
        """Compiled value and gradient of the weighted objective; see :class:`Objective`."""
        return CompiledObjective.of(*self._objective, self._settings)

    @cached_property
    def interpreted_objective(self) -> Callable[..., Any]:
        """The same, interpreted."""
        return compile_function(*self._objective, interpreted=True, settings=self._settings)

    @property
    def _objective(self) -> tuple[list[Any], list[Any]]:
        log_probs, log_prior, log_jacobian, theta, X = self._terms
        w, weights = pt.matrix("label_weights"), pt.vector("weights", shape=(2,))
        prior, jacobian = weights[0], weights[1]
        log_likelihood = None
        if self.fused and (scores := scores_of(log_probs)) is not None:
            log_likelihood = fused_log_likelihood(scores, w, theta)
        if log_likelihood is None:
            log_likelihood = pt.switch(w > 0, w * log_probs, 0.0).sum()  # 0 log 0 = 0
        value = log_likelihood + prior * log_prior + jacobian * log_jacobian
        return [theta, X, w, weights], [value, _gradient(value, theta)]

    @cached_property
    def squared_error(self) -> Callable[..., Any]:
        """Compiled Brier score, summed over rows, and its gradient."""
        log_probs, _, _, theta, X = self._terms
        w, p = pt.matrix("label_weights"), pt.exp(log_probs)
        m = w.sum(axis=1)
        value = (m * ((p**2).sum(axis=1) + 1.0)).sum() - 2 * (w * p).sum()
        return self._compile([theta, X, w], [value, _gradient(value, theta)])

    @cached_property
    def _constrain(self) -> Callable[..., Any]:
        _, _, _, flat, theta = self._joined
        return self._compile([theta], flat)

    @cached_property
    def _log_probs(self) -> Callable[..., Any]:
        params = pt.vector("params")
        pieces, start = {}, 0
        for variable, shape in zip(self._named, self.layout.shapes, strict=True):
            size = int(np.prod(shape))
            pieces[variable] = params[start : start + size].reshape(shape)
            start += size
        log_probs = graph_replace(log_probs_of(self._observed), pieces, strict=False)
        log_probs, X = self._with_features(log_probs)
        return self._compile([params, X], log_probs)

    def _compile(self, inputs: Sequence[Any], outputs: Any) -> Callable[..., Any]:
        return compile_function(
            inputs,
            outputs,
            interpreted=self.mode == "interpreted",
            settings=self._settings,
        )


def _gradient(value: Any, theta: Any) -> Any:
    """Gradient, zero where the value does not depend on theta (flat priors)."""
    return pt.grad(value, theta, disconnected_inputs="ignore")


def _log_jacobian(model: Any) -> Any:
    """Sum of the log determinants of the free variables' transforms.

    The difference of PyMC's own log densities with and without them is the same, but builds both:
    a quarter of the time that a small model takes.
    """
    total = pt.constant(0.0)
    for variable, transform in model.rvs_to_transforms.items():
        if transform is not None:
            value = model.rvs_to_values[variable]
            total = total + transform.log_jac_det(value, *variable.owner.inputs).sum()
    return total


def _prior_numbers(model: Any) -> set[float]:
    """Numbers that prior distributions are given, such as their scales."""
    given = [p for rv in model.free_RVs for p in rv.owner.op.dist_params(rv.owner)]
    constants = [v for v in ancestors(given) if isinstance(v, TensorConstant)]
    return {float(v.data) for v in constants if v.dtype == "float64" and v.type.ndim == 0}


def _is_unconstrained(model: Any, rv: Any) -> bool:
    """Whether a free variable may be any real number (or any that sum to zero)."""
    transform = model.rvs_to_transforms[rv]
    return transform is None or type(transform).__name__ == "ZeroSumTransform"


def _spherical(model: Any, shapes: Sequence[tuple[int, ...]]) -> tuple[SphericalT, ...]:
    """Groups with a spherical t prior, which builders mark: see ``trifit.models.priors``."""
    found, start = [], 0
    for rv, shape in zip(model.free_RVs, shapes, strict=True):
        size = int(np.prod(shape))
        if mark := getattr(rv.tag, "spherical_t", None):
            each = shape[-1]
            found += [SphericalT(i, each, *mark) for i in range(start, start + size, each)]
        start += size
    return tuple(found)


def _parameters_made(model: Any) -> list[Any]:
    """Deterministics that are parameters: made of free variables, not of the rows."""
    rows = {model["X"], *model.observed_RVs}
    return [d for d in model.deterministics if rows.isdisjoint(ancestors([d]))]


def log_probs_of(observed: Any) -> Any:
    """Log class probabilities (n_obs, n_classes) of the observed class variable.

    Taken from the logits where the model has them, so that no probability is
    rounded to 0 before its logarithm is taken.
    """
    node = observed.owner
    *_, p = node.op.dist_params(node)  # a Multinomial has its number of trials first
    made_by = p.owner.op if p.owner is not None else None
    if type(node.op).__name__ == "BernoulliRV":
        if made_by == pt.sigmoid:
            (logit,) = p.owner.inputs
            return pt.stack([-pt.softplus(logit), -pt.softplus(-logit)], axis=-1)
        return pt.stack([pt.log1p(-p), pt.log(p)], axis=-1)
    if isinstance(made_by, Softmax):
        return log_softmax(p.owner.inputs[0], axis=made_by.axis)
    return pt.log(p)


def scores_of(log_probs: Any) -> Any | None:
    """What :func:`log_probs_of` took its log probabilities from.

    Class scores (n_obs, n_classes), the log-odds (n_obs,) of a Bernoulli, or None.
    """
    node = log_probs.owner
    if isinstance(node.op, LogSoftmax) and node.op.axis in (1, (1,)):
        return node.inputs[0]
    if isinstance(node.op, Join):
        column = node.inputs[-2].owner.inputs[0]  # -softplus(logit), or log(1 - p)
        if column.owner.op == pt.neg and column.owner.inputs[0].owner.op == pt.softplus:
            return column.owner.inputs[0].owner.inputs[0]
    return None
