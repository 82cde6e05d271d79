"""One classifier fitted three ways (MLE, MAP, Bayes), to see when a softmax is a probability.

>>> import trifit
>>> iris = trifit.load_dataset("iris")
>>> comparison = trifit.compare(iris, model="softmax", seed=1)  # doctest: +SKIP
>>> comparison.to_html("iris.html")  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trifit.atlas.run import run_atlas
    from trifit.cards import Card, load_card
    from trifit.data import load_dataset
    from trifit.errors import InputError
    from trifit.predictions.diff import diff
    from trifit.predictions.draws import evaluate_draws
    from trifit.predictions.evaluate import evaluate
    from trifit.results import Comparison
    from trifit.run import Run, SavedRun, compare, load_run, run_comparison, save_run
    from trifit.sbc import check_model
    from trifit.study import load_study, run_study
    from trifit.study.curve import learning_curve
    from trifit.types import Dataset

__version__ = "0.1.0"

_HOME = {
    "Card": "trifit.cards",
    "Comparison": "trifit.results",
    "Dataset": "trifit.types",
    "InputError": "trifit.errors",
    "Run": "trifit.run",
    "SavedRun": "trifit.run",
    "check_model": "trifit.sbc",
    "compare": "trifit.run",
    "diff": "trifit.predictions.diff",
    "evaluate": "trifit.predictions.evaluate",
    "evaluate_draws": "trifit.predictions.draws",
    "learning_curve": "trifit.study.curve",
    "load_card": "trifit.cards",
    "load_dataset": "trifit.data",
    "load_run": "trifit.run",
    "load_study": "trifit.study",
    "run_comparison": "trifit.run",
    "run_atlas": "trifit.atlas.run",
    "run_study": "trifit.study",
    "save_run": "trifit.run",
}

__all__ = [
    "Card",
    "Comparison",
    "Dataset",
    "InputError",
    "Run",
    "SavedRun",
    "__version__",
    "check_model",
    "compare",
    "diff",
    "evaluate",
    "evaluate_draws",
    "learning_curve",
    "load_card",
    "load_dataset",
    "load_run",
    "load_study",
    "run_atlas",
    "run_comparison",
    "run_study",
    "save_run",
]


def __getattr__(name: str) -> Any:
    """Import on first use: PyMC takes seconds, ``import trifit`` should not."""
    if name not in _HOME:
        raise AttributeError(f"module 'trifit' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
