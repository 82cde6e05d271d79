"""All benchmarks on one page, each in a process of its own.

    make bench          writes benchmarks/RESULTS.md; some twenty minutes on two idle cores
    make bench-big      writes benchmarks/RESULTS-big.md; up to an hour
    python benchmarks/run.py RESULTS.md mle folds     these parts anew, the others as they were

Every part is kept in .benchmarks/ as it ends, so that an interrupted run loses one.
A benchmark that fails is named on the page and the others go on. Ends with 1 if a
benchmark failed; a missed promise is printed, and no failure: figures of a busy
machine are noisy.
"""

import json
import sys
import time
from pathlib import Path

from harness import Part, aims_table, fresh_by_name, load, machine, markdown

HERE = Path(__file__).parent
KEPT = HERE.parent / ".benchmarks"
PAGES = {
    "RESULTS.md": (
        "gradient",
        "mle",
        "sampling",
        "three_fits",
        "whole_process",
        "folds",
        "growth",
        "streaming",
        "certificate",
        "wide",
        "layers",
        "classes",
    ),
    "RESULTS-big.md": ("big",),
}
COMMANDS = {"RESULTS.md": "make bench", "RESULTS-big.md": "make bench-big"}
PAGE = """# Benchmarks

Made by `{command}`. Read ratios, measured in turn in one run, rather than seconds. Laplace against
NUTS: [laplace.md](../docs/laplace.md).

{machine}

## Promises

{aims}
{parts}"""


def measured(module):
    """A part, measured now and kept."""
    part = fresh_by_name(module, "measure", quiet=False)
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{module}.json").write_text(json.dumps(part))
    return part


def kept(module):
    """A part as it was measured last."""
    file = KEPT / f"{module}.json"
    if not file.exists():
        raise RuntimeError(f"not measured yet: python benchmarks/run.py RESULTS.md {module}")
    return json.loads(file.read_text())


def page(name, *anew):
    """Run the benchmarks of one page (of those named, if any) and write it; how many failed."""
    texts, aims, failed = [], [], 0
    for module in PAGES[name]:
        start = time.perf_counter()
        try:
            part = load(measured(module) if module in (anew or PAGES[name]) else kept(module))
        except RuntimeError as error:
            failed += 1
            part = Part(module, f"Failed: {str(error).splitlines()[0]}", [], [])
            print(error, file=sys.stderr)
        texts.append(markdown(part))
        aims += part.aims
        print(f"\n{texts[-1]}\n({module}: {time.perf_counter() - start:.0f} s)", flush=True)
    text = PAGE.format(
        command=COMMANDS[name], machine=machine(), aims=aims_table(aims), parts="\n".join(texts)
    )
    (HERE / name).write_text(text, encoding="utf-8")
    print(f"\n{aims_table(aims)}\nwritten: {name}")
    return failed


if __name__ == "__main__":
    sys.exit(1 if page(*(sys.argv[1:] or ["RESULTS.md"])) else 0)
