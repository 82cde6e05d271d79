"""The effect of the prior: log-loss of MAP and posterior for several prior scales.

Run it with: python examples/sweep_prior_scale.py
"""

import trifit

wine = trifit.load_dataset("wine")

print("prior scale   map log-loss     bayes log-loss   bayes - map")
for prior_scale in (0.1, 0.3, 1.0, 3.0):
    comparison = trifit.compare(
        wine, model="softmax", seed=1, test_size=0.4, overrides={"prior_scale": prior_scale}
    )
    map_, bayes = (comparison.contestants[name].scores.log_loss for name in ("map", "bayes"))
    gap = next(d for d in comparison.differences if (d.a, d.b) == ("bayes", "map"))
    print(
        f"{prior_scale:11} {map_.value:8.3f} ± {map_.se:.3f}"
        f" {bayes.value:10.3f} ± {bayes.se:.3f}"
        f" {gap.log_loss.value:+9.4f} ± {gap.log_loss.se:.4f}"
    )
