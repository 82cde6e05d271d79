"""Compare the fits on your own table: change PATH and TARGET.

Run it with: python examples/compare_own_csv.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

import trifit

PATH, TARGET = Path("penguins_like.csv"), "species"

if not PATH.exists():  # a stand-in for your data: 90 birds of three invented species
    rng = np.random.default_rng(0)
    species = np.repeat(["curl", "dot", "etch"], 30)
    centre = {"curl": 38, "dot": 43, "etch": 47}
    bill = rng.normal([centre[s] for s in species], 3).round(1)
    island = rng.choice(["north", "south"], size=90)
    pd.DataFrame({"bill_mm": bill, "island": island, TARGET: species}).to_csv(PATH, index=False)

birds = trifit.load_dataset(PATH, target=TARGET)
run = trifit.run_comparison(birds, "softmax", seed=1, overrides={"prior_scale": 1.0})

for name, judged in run.comparison.contestants.items():
    loss = judged.scores.log_loss
    print(f"{name:6} log-loss {loss.value:.3f} ± {loss.se:.3f}  {run.comparison.explain(name)}")
trifit.save_run(run, Path("reports/penguins_like"))
print("Page, numbers, predictions and posterior are in reports/penguins_like")
