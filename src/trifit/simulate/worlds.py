"""The registry of worlds."""

from collections.abc import Callable

from trifit.errors import InputError
from trifit.simulate.formulas import linear_softmax, quadratic, separable
from trifit.simulate.mixtures import (
    gaussian,
    moons,
    overlapping_line,
    overlapping_plane,
    rings,
)
from trifit.simulate.neal import binary_response, three_way
from trifit.simulate.world import Law, Number, World


def _world(name: str, note: str, build: Callable[..., Law], **parameters: Number) -> World:
    label_noise = parameters.pop("label_noise", 0.0)
    return World(name, note, build, {**parameters, "label_noise": label_noise})


def _softmax(name: str, note: str, *, rho: float = 0.0, df: float = 0.0) -> World:
    return _world(
        name,
        note,
        linear_softmax,
        features=5,
        classes=2,
        signal=2.0,
        rho=rho,
        df=df,
        coefficients_seed=0,
    )


def _gaussian(name: str, note: str, *, imbalance: float = 1.0, label_noise: float = 0.0) -> World:
    return _world(
        name,
        note,
        gaussian,
        features=5,
        classes=3,
        distance=2.0,
        imbalance=imbalance,
        label_noise=label_noise,
    )


_ALL = (
    _gaussian("gaussian", "Normal classes of equal covariance: the true log-odds are linear"),
    _gaussian(
        "imbalance", "as gaussian, with the first class ten times as frequent", imbalance=10.0
    ),
    _gaussian(
        "label-noise", "as gaussian, with a fifth of the labels drawn at random", label_noise=0.2
    ),
    _softmax("softmax", "linear log-odds of standard deviation `signal` on Normal features"),
    _softmax("correlated", "as softmax, with neighbouring features correlated by 0.9", rho=0.9),
    _softmax("heavy-tailed", "as softmax, with Student t features of 3 degrees of freedom", df=3.0),
    _world(
        "quadratic",
        "log-odds with a square and a product: a linear model is misspecified",
        quadratic,
        features=2,
        classes=2,
        signal=1.0,
        curvature=1.0,
        interaction=1.0,
    ),
    _world("moons", "two interleaved half circles", moons, features=2, noise=0.3),
    _world("rings", "concentric circles", rings, features=2, classes=2, noise=0.3),
    _world(
        "separable",
        "classes without overlap: no MLE exists",
        separable,
        features=2,
        classes=2,
        margin=0.2,
    ),
    _world(
        "overlap-1d",
        "three overlapping densities on a line, in the manner of Richard & Lippmann (1991)",
        overlapping_line,
    ),
    _world(
        "overlap-2d",
        "two overlapping densities in the plane, in the manner of Richard & Lippmann (1991)",
        overlapping_plane,
    ),
    _world(
        "neal-binary",
        "p(1 | x) = exp(-|x - c|^4) in the plane, further inputs irrelevant (Neal)",
        binary_response,
        features=2,
    ),
    _world(
        "neal-three-way",
        "a disc, a corner and the rest of the square, inputs seen with noise, two of four "
        "irrelevant (Neal)",
        three_way,
        features=4,
        noise=0.1,
    ),
)

WORLDS: dict[str, World] = {w.name: w for w in _ALL}
"""All worlds with their default parameters, by name.

References
----------
Richard & Lippmann (1991), Neural Comput. 3(4), doi:10.1162/neco.1991.3.4.461;
Neal (1996), Bayesian Learning for Neural Networks, doi:10.1007/978-1-4612-0745-0
"""


def world(name: str, /, **parameters: Number) -> World:
    """A world by its name, with some parameters changed.

    Raises
    ------
    InputError
        On an unknown name or parameter, or a value out of range.

    Examples
    --------
    >>> world("moons", noise=0.2).true_probs([[0.0, 1.0], [1.0, -0.5]]).round(3)
    array([[0.992, 0.008],
           [0.008, 0.992]])
    """
    if name not in WORLDS:
        raise InputError(f"data 'sim:{name}': no such world; there are {', '.join(WORLDS)}")
    chosen = WORLDS[name].with_parameters(**parameters)
    _ = chosen.law  # its parameters are checked at the door
    return chosen
