"""What cross-entropy measures: entropy, divergence, and the length of a real code.

Rows of probabilities ``(n_obs, n_classes)`` from anywhere give one number per
row, in nats or in bits (``unit``). The first argument is always the truth
``p``, the second the forecast ``q``: ``H(p, q) != H(q, p)`` and ``KL(p || q) !=
KL(q || p)``, because the average is over what really happens, so over ``p``.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import entr, rel_entr

from trifit.inputs import checked_labels, checked_probs
from trifit.types import FloatArray, IntArray

Unit = Literal["nats", "bits"]

NATS = {"nats": 1.0, "bits": float(np.log(2.0))}
"""Nats in one unit."""

CODER_FLOOR = 2.0**-24
"""Smallest probability of ``constriction``'s coder; a rarer label costs it 24 bits."""


@dataclass(frozen=True)
class Decomposition:
    """``cross_entropy = entropy + divergence``, means over rows; lower is better.

    Attributes
    ----------
    cross_entropy : float
        Expected log-loss of the forecast.
    entropy : float
        Expected log-loss of the truth itself: no forecast can do better.
    divergence : float
        What the forecast loses for not being the truth, at least 0.
    unit : str
    """

    cross_entropy: float
    entropy: float
    divergence: float
    unit: Unit


@dataclass(frozen=True)
class CodeLength:
    """Labels really encoded with a classifier's probabilities; lower is better.

    Attributes
    ----------
    bits : int
        Length of the code, in whole 32-bit words.
    ideal_bits : float
        ``n_obs`` times the cross-entropy in bits.
    n_obs : int
    n_floored : int
        Labels of probability below 2^-24, the coder's smallest: each costs 24
        bits in place of more, so ``bits`` may then fall below ``ideal_bits``.
    """

    bits: int
    ideal_bits: float
    n_obs: int
    n_floored: int


def entropy(p: FloatArray, *, unit: Unit = "nats") -> FloatArray:
    """Shannon entropy of each row: 0 for certainty, ``log n_classes`` at most.

    ``H(p) = -sum_k p_k log p_k``: the log-loss that an honest forecast ``p``
    expects of itself.

    Parameters
    ----------
    p : array of shape (n_obs, n_classes)
    unit : {"nats", "bits"}

    Returns
    -------
    shape (n_obs,)

    Raises
    ------
    ValueError
        On rows that are no probabilities, or an unknown unit.

    References
    ----------
    Shannon (1948), Bell Syst. Tech. J. 27(3), doi:10.1002/j.1538-7305.1948.tb01338.x

    Examples
    --------
    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]]), unit="bits")
    array([1., 0.])
    """
    return np.asarray(entr(checked_probs(p, name="p")).sum(axis=-1) / _nats(unit))


def cross_entropy(p: FloatArray, q: FloatArray, *, unit: Unit = "nats") -> FloatArray:
    """Expected log-loss of forecast ``q`` where ``p`` is the truth; lower is better.

    ``H(p, q) = -sum_k p_k log q_k = H(p) + KL(p || q)``. Infinite where ``q`` rules
    out what ``p`` allows. With one-hot ``p`` its mean over rows is the log-loss.

    Parameters
    ----------
    p, q : array of shape (n_obs, n_classes)
        The truth (or soft labels), and the forecast. Not symmetric.
    unit : {"nats", "bits"}

    Returns
    -------
    shape (n_obs,)

    Raises
    ------
    ValueError
        On rows that are no probabilities, shapes that differ, or an unknown unit.

    References
    ----------
    Good (1952), J. R. Stat. Soc. B 14(1), doi:10.1111/j.2517-6161.1952.tb00104.x

    Examples
    --------
    >>> p, q = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
    >>> cross_entropy(p, q, unit="bits").round(4), cross_entropy(q, p, unit="bits").round(4)
    (array([1.2075]), array([1.]))
    """
    return entropy(p, unit=unit) + kl_divergence(p, q, unit=unit)


def kl_divergence(p: FloatArray, q: FloatArray, *, unit: Unit = "nats") -> FloatArray:
    """What forecast ``q`` loses where ``p`` is the truth; lower is better, 0 if equal.

    ``KL(p || q) = sum_k p_k log(p_k / q_k)``; infinite where ``q`` rules out what
    ``p`` allows.

    Parameters
    ----------
    p, q : array of shape (n_obs, n_classes)
        The truth, and the forecast. Not symmetric.
    unit : {"nats", "bits"}

    Returns
    -------
    shape (n_obs,)

    Raises
    ------
    ValueError
        On rows that are no probabilities, shapes that differ, or an unknown unit.

    References
    ----------
    Kullback & Leibler (1951), Ann. Math. Stat. 22(1), doi:10.1214/aoms/1177729694

    Examples
    --------
    >>> kl_divergence(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]), unit="bits")
    array([1.])
    """
    p, q = _checked_pair(p, q)
    return np.asarray(rel_entr(p, q).sum(axis=-1) / _nats(unit))


def jensen_shannon(p: FloatArray, q: FloatArray, *, unit: Unit = "nats") -> FloatArray:
    """How far two forecasts are apart: 0 if equal, 1 bit if they share no class.

    ``JS = (KL(p || m) + KL(q || m)) / 2`` with ``m = (p + q) / 2``. Symmetric, always
    finite; its square root is a distance.

    Parameters
    ----------
    p, q : array of shape (n_obs, n_classes)
    unit : {"nats", "bits"}

    Returns
    -------
    shape (n_obs,)

    Raises
    ------
    ValueError
        On rows that are no probabilities, shapes that differ, or an unknown unit.

    References
    ----------
    Lin (1991), IEEE Trans. Inf. Theory 37(1), doi:10.1109/18.61115

    Examples
    --------
    >>> jensen_shannon(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), unit="bits")
    array([1.])
    """
    p, q = _checked_pair(p, q)
    m = (p + q) / 2
    return (kl_divergence(p, m, unit=unit) + kl_divergence(q, m, unit=unit)) / 2


def decompose(truth: FloatArray, probs: FloatArray, *, unit: Unit = "nats") -> Decomposition:
    """Split the expected log-loss into what nobody can avoid and what the forecast adds.

    Parameters
    ----------
    truth : array of shape (n_obs, n_classes)
        True class probabilities, as simulations know them.
    probs : array of shape (n_obs, n_classes)
        The forecast.
    unit : {"nats", "bits"}

    Raises
    ------
    ValueError
        On rows that are no probabilities, shapes that differ, or an unknown unit.

    Examples
    --------
    >>> decompose(np.array([[0.5, 0.5]]), np.array([[0.5, 0.5]]), unit="bits")
    Decomposition(cross_entropy=1.0, entropy=1.0, divergence=0.0, unit='bits')
    """
    return Decomposition(
        cross_entropy=float(cross_entropy(truth, probs, unit=unit).mean()),
        entropy=float(entropy(truth, unit=unit).mean()),
        divergence=float(kl_divergence(truth, probs, unit=unit).mean()),
        unit=unit,
    )


def code_length(probs: FloatArray, y: IntArray) -> CodeLength:
    """Encode the labels with an entropy coder that trusts ``probs``; fewer bits are better.

    A receiver who has the same probabilities but not the labels gets them from
    the code. A label of probability ``p`` costs ``-log2 p`` bits, so ``n_obs`` labels
    cost ``n_obs`` times the cross-entropy: the log-loss is a length. The code is
    decoded again and compared with the labels before its length is reported.

    Parameters
    ----------
    probs : array of shape (n_obs, n_classes)
    y : array of shape (n_obs,)
        Class codes.

    Returns
    -------
    CodeLength
        Longer than ``ideal_bits`` by a word or two, and by one part in 20,000: the
        coder writes whole words and rounds probabilities to 24 bits.

    Raises
    ------
    ImportError
        Without the optional package ``constriction`` (``pip install 'trifit[code]'``).
    ValueError
        On bad probabilities or labels, soft labels, or a label of probability 0.

    References
    ----------
    Bamler (2022), arXiv:2201.01741 (the coder);
    Shannon (1948), doi:10.1002/j.1538-7305.1948.tb01338.x (the bound)

    Examples
    --------
    >>> probs = np.tile([0.5, 0.25, 0.25], (640, 1))
    >>> length = code_length(probs, np.arange(640) % 2)
    >>> length.ideal_bits, abs(length.bits - length.ideal_bits) <= 64
    (960.0, True)
    """
    probs = checked_probs(probs)
    codes = checked_labels(y, *probs.shape)
    if codes.ndim != 1:
        raise ValueError("y holds soft labels; only class codes can be encoded")
    at_label = probs[np.arange(len(codes)), codes]
    if (at_label == 0).any():
        row = int(np.flatnonzero(at_label == 0)[0])
        raise ValueError(
            f"probs[{row}] gives its label {codes[row]} probability 0, so its code would be "
            "infinitely long; give every class that can occur a probability above 0"
        )
    return CodeLength(
        bits=32 * len(_encode(probs, codes.astype(np.int32))),
        ideal_bits=float(-np.log2(at_label).sum()),
        n_obs=len(codes),
        n_floored=int((at_label < CODER_FLOOR).sum()),
    )


def _checked_pair(p: FloatArray, q: FloatArray) -> tuple[FloatArray, FloatArray]:
    p, q = checked_probs(p, name="p"), checked_probs(q, name="q")
    if p.shape != q.shape:
        raise ValueError(f"p has shape {p.shape} and q {q.shape}; expected the same rows")
    return p, q


def _encode(probs: FloatArray, codes: Any) -> Any:
    """Compressed 32-bit words, after a round trip."""
    try:
        import constriction
    except ImportError as error:
        raise ImportError(
            "code_length needs the package constriction: pip install 'trifit[code]'"
        ) from error
    categorical = constriction.stream.model.Categorical(perfect=False)
    encoder = constriction.stream.queue.RangeEncoder()
    probs = np.ascontiguousarray(probs)  # it takes any other layout for another array
    encoder.encode(codes, categorical, probs)
    words = encoder.get_compressed()
    decoded = constriction.stream.queue.RangeDecoder(words).decode(categorical, probs)
    if not np.array_equal(decoded, codes):
        raise RuntimeError("the code does not decode to the labels; please report this")
    return words


def _nats(unit: Unit) -> float:
    if unit not in NATS:
        raise ValueError(f"unit={unit!r}: expected 'nats' or 'bits'")
    return NATS[unit]
