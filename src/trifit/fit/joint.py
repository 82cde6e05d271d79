"""A model's parameters and labels drawn together, by PyMC and nothing else.

What the densities read off the same graph plays no part: so the draws can tell whether they
read it rightly.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trifit.errors import InputError
from trifit.fit.contract import check_contract
from trifit.fit.fast.backend import drawer
from trifit.inputs import Labels
from trifit.text import one_line
from trifit.types import FloatArray


class Joint:
    """The joint distribution of parameters and labels, on the rows a model was built with.

    Parameters
    ----------
    model : pm.Model
    names : sequence of str
        The parameters, in the order of a density's layout.

    Raises
    ------
    InputError
        If the model has a potential or a flat prior, from which nothing can be drawn.
    """

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        observed = check_contract(model)
        if model.potentials:
            raise InputError(
                f"the model has a potential, {model.potentials[0].name!r}: parameters cannot be "
                "drawn from such a prior; write it as distributions"
            )
        self._draw = drawer([*(model[name] for name in names), observed])
        try:
            self._draw(0)
        except Exception as error:
            raise InputError(
                f"parameters cannot be drawn from the model's prior ({one_line(error)}); flat "
                "priors, and distributions without a random function, have no draws"
            ) from error

    def draw(self, seed: int) -> tuple[FloatArray, Labels]:
        """Parameters (n_values,), and labels from them: codes (n_obs,) or counts (n_obs, K)."""
        *params, labels = self._draw(seed)
        flat = np.concatenate([np.ravel(p) for p in params]).astype(np.float64)
        return flat, np.asarray(labels, np.float64 if labels.ndim == 2 else np.int64)
