"""Fit logistic regression three ways on the breast cancer data and write a report.

Run it with: python examples/compare_bundled.py
"""

import trifit

cancer = trifit.load_dataset("breast_cancer")
comparison = trifit.compare(cancer, model="logistic", seed=1, test_size=0.3)

print(comparison.summary()[["log_loss", "log_loss_se", "brier", "accuracy", "slope", "verdict"]])
comparison.to_html("breast_cancer.html")
print("The report is in breast_cancer.html")
