"""Three annotators per row: their counts as labels, compared with majority votes.

Run it with: python examples/soft_labels.py
"""

import numpy as np
import pandas as pd

import trifit

rng = np.random.default_rng(0)
x = rng.normal(size=(150, 2))
odds = x @ np.array([1.2, -0.8])
truth = 1 / (1 + np.exp(-odds))
yes = rng.binomial(3, truth)
counts = pd.DataFrame({"u": x[:, 0], "v": x[:, 1], "label:no": 3 - yes, "label:yes": yes})
majority = pd.DataFrame({"u": x[:, 0], "v": x[:, 1], "vote": np.where(yes >= 2, "yes", "no")})

for name, data in {
    "counts": trifit.load_dataset(counts),
    "majority votes": trifit.load_dataset(majority, target="vote"),
}.items():
    comparison = trifit.compare(data, test_size=0.4, overrides={"draws": 600, "tune": 300})
    slopes = {
        p.feature: f"{p.mean:.2f} ± {p.sd:.2f}"
        for p in comparison.parameters
        if p.parameter == "beta" and p.label == "yes" and p.units == "data"
    }
    print(f"{name:15} posterior of the coefficients of 'yes': {slopes}")
print("the truth (half the coefficients of the log-odds):      {'u': 0.60, 'v': -0.40}")
