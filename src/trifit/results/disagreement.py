"""Where the fits disagree: rows one by one, distance from the data, maps of the plane."""

from trifit.results.record import Record
from trifit.scores import Interval


class RowTable(Record, frozen=True, kw_only=True):
    """Held-out rows one by one, in columns, drawn at random.

    At most 1,000, with more than 100 classes at most 100,000 probabilities of a fit.

    Attributes
    ----------
    n_held_out : int
        Held-out rows of which these are some or all.
    row : list of int
        Row numbers of the data, ascending.
    label : list of int
        Class codes; with soft labels the most likely class.
    probs : dict of fit to list of list of float
        Class probabilities (n_rows, n_classes), 5 significant digits.
    aleatoric, epistemic : list of float or None
        The two parts of the posterior predictive entropy of each row, in nats:
        chance, and what the draws disagree about. None without a posterior.
    distance : list of float or None
        Distance from the training rows, see :class:`ByDistance`; None where
        training rows are copies of each other, so that no distance is typical.
    """

    n_held_out: int
    row: list[int]
    label: list[int]
    probs: dict[str, list[list[float]]]
    aleatoric: list[float] | None
    epistemic: list[float] | None
    distance: list[float] | None


class ByDistance(Record, frozen=True, kw_only=True):
    """Confidence and accuracy of each fit by distance from the training rows.

    ``distance(x) = mean_{j<=5} |x - x_(j)| / median_i mean_{j<=5} |x_i - x_(ij)|``:
    the mean Euclidean distance to the 5 nearest training rows, features as the
    model sees them, in units of what is typical for a training row among the
    others. 1 is an ordinary place, 3 a place where little has been seen. With
    more than 10,000 training rows, 10,000 of them drawn at random stand for all.

    Attributes
    ----------
    edges : list of float, length n_bins + 1
        Quantiles of the distances of the rows in the table; ties stay together.
    count : list of int
        Rows per bin.
    distance : list of float
        Mean distance of each bin's rows.
    confidence : dict of fit to list of float
        Mean probability of the most probable class, per bin.
    accuracy : dict of fit to list of Interval
        Share of rows where that class was right, with Wilson's 95 % interval.
    """

    edges: list[float]
    count: list[int]
    distance: list[float]
    confidence: dict[str, list[float]]
    accuracy: dict[str, list[Interval]]


class FeatureValue(Record, frozen=True, kw_only=True):
    """One feature of one row.

    ``value`` is in the data's own units, None where it was missing; ``z`` is its
    distance from the training mean in standard deviations; ``contribution`` how
    much the log-odds of the MLE's class fall when the feature is moved to its
    training mean, in nats (below 0: they rise).
    """

    name: str
    value: float | None
    z: float
    contribution: float


class Example(Record, frozen=True, kw_only=True):
    """One held-out row on which two fits differ.

    Attributes
    ----------
    row : int
        Row number of the data.
    label : int
        Class code; with soft labels the most likely class.
    difference : float
        Total-variation distance of the two fits' probabilities, 0 to 1.
    probs : dict of fit to list of float
        Class probabilities, 5 significant digits.
    features : list of FeatureValue
        At most 8, those with the largest absolute contribution, largest first.
    """

    row: int
    label: int
    difference: float
    probs: dict[str, list[float]]
    features: list[FeatureValue]


class Axis(Record, frozen=True, kw_only=True):
    """One axis of a map.

    Attributes
    ----------
    name : str
        The feature, or ``component 1`` and ``component 2``.
    low, high : float
        First and last grid point: half the training rows' range beyond them.
    data_low, data_high : float
        The training rows' range.
    share : float or None
        Share of the training rows' variance along a component.
    loadings : list of (feature, weight)
        The 3 features with the largest weights in a component.
    """

    name: str
    low: float
    high: float
    data_low: float
    data_high: float
    share: float | None
    loadings: list[tuple[str, float]]


class Layer(Record, frozen=True, kw_only=True):
    """One fit's map: the most probable class and its probability at every grid point.

    Row by row from the bottom, the first axis varying fastest: grid point
    (i, j) is entry ``j * n_grid + i``. ``probability`` is in thousandths.
    """

    probability: list[int]
    winner: list[int]


class ProbabilityMap(Record, frozen=True, kw_only=True):
    """Class probabilities of each fit on a plane, further out than the data reach.

    Attributes
    ----------
    kind : {"features", "components"}
        The two features in the data's units; or the plane through the training
        mean along the two leading principal components of the features as the
        model sees them (all other components 0, so points are projections).
    axes : two of Axis
    n_grid : int
        Grid points along each axis.
    fits : dict of fit to Layer
    n_draws : int
        Evenly spaced draws that the posterior's layer is averaged over.
    x, y, label : list
        At most 300 training rows on the plane, and their class codes.
    """

    kind: str
    axes: tuple[Axis, Axis]
    n_grid: int
    fits: dict[str, Layer]
    n_draws: int
    x: list[float]
    y: list[float]
    label: list[int]


class Disagreement(Record, frozen=True, kw_only=True):
    """Where the fits of one comparison disagree.

    Attributes
    ----------
    rows : RowTable
    by_distance : ByDistance or None
        None where no distance is typical.
    between : (str, str)
        The two fits of ``examples``: ``mle`` and ``bayes``, or ``map`` where there
        is no posterior.
    examples : list of Example
        The 12 held-out rows that differ most between them, most first.
    map : ProbabilityMap or None
        Of the last training set; None with one feature.
    """

    rows: RowTable
    by_distance: ByDistance | None
    between: tuple[str, str]
    examples: list[Example]
    map: ProbabilityMap | None
