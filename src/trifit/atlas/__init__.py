"""How often outputs behave like probabilities, on public tables as they occur."""
