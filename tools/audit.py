"""Known vulnerabilities of the pinned dependencies: ``make audit``, a part of ``make check``.

Asks an advisory database (OSV, by pip-audit) about every version in requirements.lock. Without
pip-audit, or without a network, one line says that nothing was audited, and the exit code is 0.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"

PATIENCE = 120
"""Seconds for the whole audit; a database that is slower is out of reach."""

COMMAND = [
    sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--timeout", "10",
    "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json",
]  # fmt: skip


def main(lock: Path = LOCK) -> int:
    try:
        done = subprocess.run(
            [*COMMAND, "--requirement", str(lock)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return skipped(f"no answer within {PATIENCE} s")
    try:
        audited = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return skipped((done.stderr.strip().splitlines() or ["no answer"])[-1])
    vulnerable = [(package, v) for package in audited for v in package.get("vulns", [])]
    for package, found in vulnerable:
        fixed = ", ".join(found["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {found['id']}, mended in {fixed}")
    print(f"audit: {len(audited)} packages, {len(vulnerable)} known vulnerabilities")
    return 1 if vulnerable else 0


def skipped(why: str) -> int:
    print(f"audit: skipped: {why[:200]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
