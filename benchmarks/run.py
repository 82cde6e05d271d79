"""All benchmarks on one page, each in a process of its own.

    make bench          writes benchmarks/RESULTS.md; some twenty minutes on two idle cores
    make bench-big      writes benchmarks/RESULTS-big.md; up to an hour

A benchmark that fails is named on the page and the others go on. Ends with 1 if a
benchmark failed; a missed promise is printed, and no failure: figures of a busy
machine are noisy.
"""

import subprocess
import sys
import time
from pathlib import Path

from harness import aims_table, fresh_by_name, load, machine, markdown

HERE = Path(__file__).parent
PAGES = {
    "RESULTS.md": (
        "gradient", "mle", "sampling", "three_fits", "folds", "growth", "laplace", "streaming",
    ),
    "RESULTS-big.md": ("big",),
}  # fmt: skip
COMMANDS = {"RESULTS.md": "make bench", "RESULTS-big.md": "make bench-big"}


def section(name):
    """A benchmark's text and its promises."""
    if name == "laplace":  # prints its own table
        script = [sys.executable, str(HERE / "laplace.py")]
        done = subprocess.run(script, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        title = (
            "## Laplace against NUTS\n\nWhat the columns mean: [laplace.md](../docs/laplace.md)."
        )
        return f"{title}\n\n{done.stdout}", []
    part = load(fresh_by_name(name, "measure", quiet=False))
    return markdown(part), part.aims


def page(name):
    """Run the benchmarks of one page and write it; how many failed."""
    texts, aims, failed = [], [], 0
    for part in PAGES[name]:
        if not (HERE / f"{part}.py").exists():
            continue
        start = time.perf_counter()
        try:
            text, promised = section(part)
        except RuntimeError as error:
            failed += 1
            text, promised = f"## {part}\n\nFailed.\n", []
            print(error, file=sys.stderr)
        texts.append(text)
        aims += promised
        print(f"\n{text}\n({part}: {time.perf_counter() - start:.0f} s)", flush=True)
    (HERE / name).write_text(
        f"# Benchmarks\n\nMade by `{COMMANDS[name]}`; read ratios, which were measured in one run "
        f"in turn, rather than seconds.\n\n{machine()}\n\n## Promises\n\n{aims_table(aims)}\n"
        + "\n".join(texts),
        encoding="utf-8",
    )
    print(f"\n{aims_table(aims)}\nwritten: {name}")
    return failed


if __name__ == "__main__":
    sys.exit(1 if page(sys.argv[1] if len(sys.argv) > 1 else "RESULTS.md") else 0)
