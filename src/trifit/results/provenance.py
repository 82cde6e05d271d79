"""How numbers were made."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from platform import python_version

import numpy as np

from trifit.clusters import n_groups
from trifit.inputs import Labels, label_probs
from trifit.notes import Note
from trifit.results.comparison import Data, Evaluation, Provenance
from trifit.types import Dataset, FloatArray, Split

VERSIONED = ("trifit", "pymc", "pytensor", "nutpie", "arviz", "numpy", "scipy", "scikit-learn")


def data_record(
    name: str,
    labels: Labels,
    class_names: Sequence[str],
    *,
    made_of: Iterable[FloatArray | Labels | bytes],
    source: str,
    feature_names: Sequence[str] = (),
    leaks: Sequence[str] = (),
    notes: Sequence[Note] = (),
) -> Data:
    """What was classified, with a fingerprint of its numbers.

    Parameters
    ----------
    name : str
    labels : array of shape (n_obs,) or (n_obs, n_classes)
    class_names : sequence of str
    made_of : iterable of array or bytes
        What the fingerprint is of, in this order.
    source : str
        Where the data are from.
    feature_names, leaks : sequence of str, optional
    notes : sequence of Note, optional
    """
    digest = sha256()
    for part in made_of:
        digest.update(part if isinstance(part, bytes) else np.ascontiguousarray(part).data)
    return Data(
        name=name,
        source=source,
        n_obs=len(labels),
        n_features=len(feature_names),
        n_classes=len(class_names),
        feature_names=list(feature_names),
        class_names=list(class_names),
        class_counts=label_probs(labels, len(class_names)).sum(axis=0).tolist(),
        fingerprint=digest.hexdigest(),
        notes=list(notes),
        leaks=list(leaks),
    )


def evaluation_of(dataset: Dataset, split: Split) -> Evaluation:
    """Which rows are scored."""
    groups = None if dataset.groups is None else n_groups(dataset.groups[split.test_rows])
    return Evaluation(
        kind=split.kind,
        rule=split.rule,
        n_parts=len(split.parts),
        n_test=len(split.test_rows),
        n_train=len(split.parts[0][0]),
        grouped_by=dataset.roles.get("groups", ""),
        n_groups=groups,
    )


def provenance_of(
    command: str,
    seed: int,
    seconds: Mapping[str, float],
    *,
    settings: Mapping[str, bool | float | str],
) -> Provenance:
    """A command with the versions and settings in force.

    Parameters
    ----------
    command : str
    seed : int
    seconds : mapping of str to float
        Time taken by each part.
    settings : mapping of str to bool, float or str
    """
    return Provenance(
        command=command,
        seed=seed,
        versions={"python": python_version()} | {p: version(p) for p in VERSIONED},
        settings={"interval": "95% equal-tailed", **settings},
        seconds=dict(seconds),
    )
