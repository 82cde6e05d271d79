"""Exit codes."""

BAD_INPUT, FAILED_CHECKS = 2, 3
