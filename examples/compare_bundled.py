"""Fit logistic regression three ways to the breast cancer data and write the page.

Run it with: python examples/compare_bundled.py
"""

import trifit

cancer = trifit.load_dataset("breast_cancer")
comparison = trifit.compare(cancer, model="logistic", seed=1, test_size=0.3)

print(comparison.summary()[["log_loss", "log_loss_se", "brier", "accuracy", "slope", "verdict"]])
comparison.to_html("breast_cancer.html")
print("The page is breast_cancer.html")
