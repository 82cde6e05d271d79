"""Other classifiers beside the three fits, on the same rows.

Run it with: python examples/rivals.py
From the command line:

    trifit compare breast_cancer --no-nuts \
        --against examples/rivals.py:forest --against examples/rivals.py:boosting
"""

from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def forest():
    """A random forest; with smaller leaves it can give the label probability 0."""
    return RandomForestClassifier(300, min_samples_leaf=5)


def boosting():
    """Gradient-boosted trees with early stopping."""
    return HistGradientBoostingClassifier(early_stopping=True)


def logistic():
    """Logistic regression with a cross-validated penalty."""
    return make_pipeline(StandardScaler(), LogisticRegressionCV(scoring="neg_log_loss"))


if __name__ == "__main__":
    import trifit

    tumours = trifit.load_dataset("breast_cancer", positive="malignant")
    comparison = trifit.compare(
        tumours,
        model="logistic",
        nuts=False,  # remove this line to add the posterior
        against={"forest": forest(), "boosting": boosting(), "logistic": logistic()},
    )
    columns = ["log_loss", "log_loss_se", "slope", "verdict"]
    print(comparison.summary()[columns])
    for d in comparison.differences:
        if d.b == "map" and d.a in comparison.sources:
            print(f"{d.a} - {d.b}: {d.log_loss.value:+.4f} ± {d.log_loss.se:.4f} nats per row")
    comparison.to_html("rivals.html")
    print("The page is rivals.html")
