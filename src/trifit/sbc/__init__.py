"""Simulation-based calibration: whether a model's posterior is right, by simulated labels."""
