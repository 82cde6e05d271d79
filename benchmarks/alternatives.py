"""The table of docs/alternatives.md: one network's probabilities, repaired and judged.

Run it where the packages are installed: python -P benchmarks/alternatives.py
(-P, because benchmarks/laplace.py has the name of a package.)
A package that is missing is said to be. CPU seconds are those of the call, without imports.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.metadata import version
from os import devnull

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore")

X, y = load_digits(return_X_y=True)
X = X + np.random.default_rng(0).normal(0, 6, X.shape)
train, rest, y_train, y_rest = train_test_split(X, y, test_size=0.6, random_state=0, stratify=y)
NET = MLPClassifier((50,), max_iter=300, random_state=0).fit(train, y_train)
N_CAL = 500


def hidden(X):
    return np.maximum(X @ NET.coefs_[0] + NET.intercepts_[0], 0)


def logits(X):
    return hidden(X) @ NET.coefs_[1] + NET.intercepts_[1]


CAL, TEST = logits(rest[:N_CAL]), logits(rest[N_CAL:])
Y_CAL, Y_TEST = y_rest[:N_CAL], y_rest[N_CAL:]


class Given(BaseEstimator):
    """A fitted classifier whose features are logits: what packages for estimators take."""

    classes_ = np.arange(10)

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def decision_function(self, X):
        return X

    def predict_proba(self, X):
        return softmax(X, axis=1)

    def predict(self, X):
        return X.argmax(axis=1)


def as_it_is():
    return softmax(TEST, axis=1)


def trifit_temperature():
    from trifit.recalibration import temperature

    found = temperature.fit(log_softmax(CAL, axis=1), Y_CAL)
    return np.exp(found.transform(log_softmax(TEST, axis=1)))


def trifit_vector():
    from trifit.recalibration import vector

    found = vector.fit(log_softmax(CAL, axis=1), Y_CAL)
    return np.exp(found.transform(log_softmax(TEST, axis=1)))


def sklearn_temperature(method="temperature"):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    made = CalibratedClassifierCV(FrozenEstimator(Given()), method=method).fit(CAL, Y_CAL)
    return made.predict_proba(TEST)


def sklearn_isotonic():
    return sklearn_temperature("isotonic")


def netcal_temperature():
    from netcal.scaling import TemperatureScaling

    made = TemperatureScaling()
    made.fit(softmax(CAL, axis=1), Y_CAL)
    return made.transform(softmax(TEST, axis=1))


def probmetrics_svs():
    from probmetrics.calibrators import get_calibrator

    return get_calibrator("svs").fit(softmax(CAL, axis=1), Y_CAL).predict_proba(as_it_is())


def torch_uncertainty_temperature():
    import torch
    from torch.utils.data import DataLoader, TensorDataset
    from torch_uncertainty.post_processing import TemperatureScaler

    rows = TensorDataset(torch.tensor(CAL), torch.tensor(Y_CAL))
    made = TemperatureScaler(model=torch.nn.Identity())
    made.fit(DataLoader(rows, batch_size=N_CAL))
    return torch.softmax(made(torch.tensor(TEST)), dim=1).detach().numpy()


def laplace_last_layer():
    """The head's own posterior, from the rows that the network was trained on."""
    import torch
    from laplace import Laplace
    from torch.utils.data import DataLoader, TensorDataset

    head = torch.nn.Linear(50, 10).double()
    head.weight.data = torch.tensor(NET.coefs_[1].T.copy())
    head.bias.data = torch.tensor(NET.intercepts_[1])
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    rows = TensorDataset(torch.tensor(hidden(train)), torch.tensor(y_train))
    made = Laplace(head, "classification", subset_of_weights="all", hessian_structure="full")
    made.fit(DataLoader(rows, batch_size=512))
    made.optimize_prior_precision(method="marglik")
    found = made(torch.tensor(hidden(rest[N_CAL:])), link_approx="probit")
    torch.set_default_dtype(torch.float32)
    return found.detach().numpy()


WAYS: dict[str, tuple[str, Callable[[], np.ndarray]]] = {
    "network as it is": ("scikit-learn", as_it_is),
    "trifit, temperature": ("trifit", trifit_temperature),
    "trifit, vector": ("trifit", trifit_vector),
    "scikit-learn, temperature": ("scikit-learn", sklearn_temperature),
    "scikit-learn, isotonic": ("scikit-learn", sklearn_isotonic),
    "netcal, temperature": ("netcal", netcal_temperature),
    "probmetrics, structured vector scaling": ("probmetrics", probmetrics_svs),
    "torch-uncertainty, temperature": ("torch_uncertainty", torch_uncertainty_temperature),
    "laplace-torch, last layer": ("laplace-torch", laplace_last_layer),
}


@contextmanager
def quiet() -> Iterator[None]:
    with open(devnull, "w") as sink, redirect_stdout(sink), redirect_stderr(sink):
        yield


def repairs() -> dict[str, np.ndarray]:
    """Log-loss, verdict and CPU seconds of every way, as rows of a table."""
    import trifit

    found = {}
    print("| way | version | log-loss of 579 rows | slope by trifit | verdict by trifit | CPU s |")
    print("|---|---|---:|---:|---|---:|")
    for name, (package, way) in WAYS.items():
        try:
            with quiet():
                way()  # imports, and what is compiled at first
                start = time.process_time()
                probs = np.asarray(way(), dtype=float)
                seconds = time.process_time() - start
                probs /= probs.sum(axis=1, keepdims=True)
                judged = trifit.evaluate({"it": probs}, Y_TEST, seed=1).contestants["it"]
        except Exception as error:
            print(f"| {name} | | not run: {type(error).__name__}: {str(error)[:60]} | | | |")
            continue
        found[name] = probs
        slope = judged.calibration.slope
        print(
            f"| {name} | {version(package)} | {log_loss(Y_TEST, probs):.3f} | "
            f"{f'{slope.value:.2f} ± {slope.se:.2f}' if slope else 'none'} | "
            f"{judged.verdict.value} | {seconds:.3f} |",
            flush=True,
        )
    return found


def errors(probs: np.ndarray) -> None:
    """The calibration error of one set of probabilities, as each package reports it."""
    from trifit.calibration import binned_error

    ours = binned_error(probs, Y_TEST, debiased=True)
    print(f"\ntrifit, debiased: {ours.value:.3f} ({ours.low:.3f} to {ours.high:.3f})")
    print(f"trifit, 10 bins of equal width: {binned_error(probs, Y_TEST, bins=10).value:.3f}")
    try:
        from netcal.metrics import ECE

        with quiet():
            value = ECE(10).measure(probs, Y_TEST)
        print(f"netcal, 10 bins: {value:.3f}")
    except ImportError as error:
        print(f"netcal: {error}")


def sets(found: dict[str, np.ndarray]) -> None:
    """MAPIE's 90 % sets from raw and repaired probabilities: coverage and mean size."""
    from mapie.classification import SplitConformalClassifier

    half = len(Y_TEST) // 2
    for name in ("network as it is", "trifit, temperature"):
        scores = np.log(found[name])
        made = SplitConformalClassifier(
            Given(), confidence_level=0.9, prefit=True, conformity_score="aps", random_state=0
        )
        made.conformalize(scores[:half], Y_TEST[:half])
        inside = made.predict_set(scores[half:])[1][:, :, 0]
        covered = inside[np.arange(len(inside)), Y_TEST[half:]].mean()
        print(f"MAPIE on {name}: coverage {covered:.3f}, mean size {inside.sum(axis=1).mean():.2f}")


if __name__ == "__main__":
    repaired = repairs()
    errors(repaired["network as it is"])
    sets(repaired)
