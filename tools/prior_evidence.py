"""Which default prior: candidates on every table of the atlas, by the rule of docs/priors.md.

    python tools/prior_evidence.py reports/priors            print what was found
    python tools/prior_evidence.py reports/priors --first    the rule as first written
    python tools/prior_evidence.py reports/priors --fit      fit what is not there, then print

A cell is a training set; all candidates are fitted to the same rows. Cells go to FOLDER/cells,
so a run that was stopped goes on; their numbers together are FOLDER/numbers.csv.
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from trifit.atlas.bootstrap import over_tables, share_over_tables
from trifit.atlas.entries import atlas_folder, load_entries, open_entry
from trifit.atlas.study import sizes_of
from trifit.cards import AUTO, Card, load_card
from trifit.fit import Density, Training, predict_all
from trifit.results.atlas import OverTables
from trifit.scores import log_loss
from trifit.seeds import words
from trifit.study.computing import Computing, compute_all
from trifit.study.folder import Kind, open_folder, versions
from trifit.study.measures import problem_of
from trifit.study.scored import scored, verdicts
from trifit.study.sources import Drawn
from trifit.study.store import Row, Store
from trifit.types import Dataset

TODAY = "2.5"
SCALES: Mapping[str, Callable[[int], float] | None] = {
    TODAY: lambda p: 2.5,
    "1": lambda p: 1.0,
    "0.5": lambda p: 0.5,
    "2.5/sqrt(p)": lambda p: 2.5 / math.sqrt(p),
    AUTO: None,
}
"""Candidates, the simplest first: columns to the prior's scale."""

LEARNED = ("softmax-hierarchical", "softmax-horseshoe")
"""Cards that learn their scales, for reference."""

MOST_COEFFICIENTS, MOST_LEARNED = 200, 20
MOST_ROWS, MOST_SIZE = 1_000, 40_000
"""Training rows, and rows x columns x classes."""

ATLAS = atlas_folder()
SEED = 16
CLOSE = 0.001
"""Nats per row up to which two candidates are equal."""

WIDE = 10.0
"""A scale of ``auto`` above this is shown."""

FIRST_ERRORS = ("possum-70", "penguins-58", "penguins-230")
"""Training sets on which ``auto`` ended with an error before it was repaired."""

STEEPEST = 4.0
FAILS = ("over_confident", "under_confident", "miscalibrated", "failed")
KEPT = ("log_loss", "slope", *FAILS, "cpu_seconds", "scale")


# --- the cells ---


@dataclass(frozen=True)
class Cell:
    """A training set: its table, its rows, and the priors that are compared on it."""

    table: str
    n: int
    n_test: int
    priors: tuple[str, ...] = tuple(SCALES)
    atlas: Path = ATLAS
    seed: int = SEED

    @property
    def learned(self) -> bool:
        return self.priors == LEARNED

    @property
    def key(self) -> str:
        return f"{self.table}-{self.n}" + ("-learned" if self.learned else "")


@cache
def dataset_of(table: str, atlas: Path = ATLAS) -> Dataset:
    (entry,) = load_entries(atlas, [table])
    return open_entry(entry, atlas)


def sizes_in(data: Dataset) -> tuple[list[int], int]:
    """Numbers of training rows, full and 25 %, and of held-out rows."""
    most = min(MOST_ROWS, MOST_SIZE // (data.X.shape[1] * data.n_classes))
    sizes, n_test = sizes_of(data, most)
    return sizes[:2], n_test


def coefficients(dataset: Dataset) -> int:
    return dataset.X.shape[1] * (dataset.n_classes - 1)


def by_digest(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: sha256(name.encode()).hexdigest())


def halves() -> tuple[list[str], list[str]]:
    """Tables that choose, and tables that confirm."""
    names = [e.name for e in load_entries()]
    kept = by_digest([n for n in names if coefficients(dataset_of(n)) <= MOST_COEFFICIENTS])
    middle = (len(kept) + 1) // 2
    return kept[:middle], kept[middle:]


def cells() -> list[Cell]:
    """Both halves in turn, then the cards with learned scales, so that it may stop anywhere."""
    first, second = halves()
    turns = [name for i in range(len(first)) for name in (*first[i : i + 1], *second[i : i + 1])]
    out, learned = [], []
    for name in turns:
        data = dataset_of(name)
        sizes, n_test = sizes_in(data)
        out += [Cell(name, n, n_test) for n in sizes]
        if coefficients(data) <= MOST_LEARNED:
            learned += [Cell(name, n, n_test, LEARNED) for n in sizes[1:]]
    return out + learned


def compute(cell: Cell) -> list[Row]:
    """All candidates on one training set."""
    data = dataset_of(cell.table, cell.atlas)
    seeds = np.random.SeedSequence(cell.seed, spawn_key=words(cell.table.encode()))
    drawn = Drawn({"n": cell.n, "n_test": cell.n_test}, data).draw(seeds)
    shares = np.bincount(drawn.y[: cell.n], minlength=drawn.n_classes) / cell.n
    y = drawn.y[cell.n :]
    with np.errstate(divide="ignore"):
        base = np.broadcast_to(np.log(shares), (len(y), len(shares)))
    out = [Row("frequencies", "log_loss", log_loss(base, y).value)]
    for name in cell.priors:
        start = time.process_time()
        try:
            out += _candidate(name, drawn, cell.n, seeds)
        except Exception as error:  # counts as the frequencies, see the rule
            print(f"{cell.key}, {name}: {type(error).__name__}: {error}", flush=True)
            out += [Row(name, "error", 1.0)]
        out.append(Row(name, "cpu_seconds", time.process_time() - start))
    return out


def _candidate(name: str, drawn: Dataset, n: int, seeds: np.random.SeedSequence) -> list[Row]:
    card = load_card(name if name in LEARNED else "softmax")
    if name in SCALES:
        card = card.with_overrides({"prior_scale": AUTO})
    problem = problem_of(drawn, card)
    part = problem.part(np.arange(n), np.arange(n, drawn.n_obs))
    card, density = _with_scale(name, card, problem.density, drawn.X.shape[1])
    training = Training(density, part.train, part.test, card, seeds)
    fits = training.fit_all(["map", "bayes"])
    predictions = predict_all(training.density, fits, part.test.X)
    rows = [
        Row(fit, quantity, value)
        for fit, prediction in predictions.items()
        for quantity, value in scored(prediction, part.test, None).items()
    ]
    rows += verdicts(fits, predictions, part.test, drawn.class_names, seeds)
    scale = training.card.hyperparameters["prior_scale"]
    if name in SCALES:
        rows.append(Row("bayes", "scale", float(scale)))  # type: ignore[arg-type]
    return [
        Row(name + (" MAP" if row.fit == "map" else ""), row.quantity, row.value)
        for row in rows
        if row.quantity in KEPT
    ]


def _with_scale(name: str, card: Card, density: Density, p: int) -> tuple[Card, Density]:
    """The model under a candidate's scale; as it is where the scale is the data's."""
    of = SCALES.get(name)
    if of is None:
        return card, density
    assert density.rescaled is not None
    return card.with_scale(of(p)), density.rescaled.at(of(p))


def fit(folder: Path, cells: Sequence[Cell]) -> None:
    """Compute what the folder lacks."""
    computing = Computing(jobs=1, resume=folder.exists(), backend="serial", progress=_say)
    priors = dict.fromkeys(name for cell in cells for name in cell.priors)
    made_with = {"priors": list(priors), "versions": versions()}
    store = open_folder(Kind("priors", ("numbers.csv",)), folder, made_with, computing)
    compute_all("priors", {cell.key: cell for cell in cells}, compute, store, computing)


def write_numbers(folder: Path) -> None:
    """The numbers of all cells that are there, also of a run that was stopped."""
    found = Store(folder / "cells").table().to_pandas()
    wide = found[found["fit"] != ""].pivot(
        index=["cell", "fit"], columns="quantity", values="value"
    )
    wide.round(6).to_csv(folder / "numbers.csv")


def _say(message: str, share: float) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message} {share:.1%}", flush=True)


# --- what was found ---


class Found:
    """Numbers by table: what the rule asks of them.

    Parameters
    ----------
    numbers : DataFrame
        One row for each cell and candidate, as :func:`write_numbers` has it.
    cells : sequence of Cell
    """

    def __init__(self, numbers: pd.DataFrame, cells: Sequence[Cell]) -> None:
        self.tasks = {cell.key: cell for cell in cells}
        numbers = numbers[numbers["cell"].isin(self.tasks)]
        self.of = numbers.set_index(["cell", "fit"]).sort_index()
        self.done = {key: cell for key, cell in self.tasks.items() if key in set(numbers["cell"])}

    def value(self, key: str, name: str, quantity: str) -> float:
        """A number of one fit; an error counts as the class frequencies, and as failed."""
        row = self.of.loc[(key, name)] if (key, name) in self.of.index else None
        if row is not None and np.isfinite(row["log_loss"]):
            return float(row[quantity])
        return {
            "log_loss": float(self.of.loc[(key, "frequencies"), "log_loss"]),
            "failed": 1.0,
            "slope": math.nan,
        }.get(quantity, 0.0)

    def by_table(
        self, tables: list[str], of: Callable[[str], float], *, share: str = "both"
    ) -> dict[str, float]:
        """A number of cells, averaged over the sizes of every table; NaN are left out."""
        out = {}
        for table in tables:
            keys = self.keys(table, share)
            values = [v for key in keys if np.isfinite(v := of(key))]
            if values:
                out[table] = float(np.mean(values))
        return out

    def keys(self, table: str, share: str = "both") -> list[str]:
        """Its cells without learned scales, the larger first: of both sizes, or of one."""
        own = [c for c in self.tasks.values() if c.table == table and not c.learned]
        own = {"both": own, "full": own[:1], "25 %": own[1:]}[share]
        return [cell.key for cell in own if cell.key in self.done]

    # of one cell

    def gain(self, name: str, against: str = TODAY) -> Callable[[str], float]:
        return lambda key: self.value(key, name, "log_loss") - self.value(key, against, "log_loss")

    def over(self, name: str) -> Callable[[str], float]:
        return lambda key: self.value(key, name, "over_confident")

    def fails(self, name: str) -> Callable[[str], float]:
        return lambda key: sum(self.value(key, name, q) for q in FAILS)

    def tilt(self, name: str) -> Callable[[str], float]:
        """``|log slope|``; a slope below 1/4, or below 0, counts as 1/4."""

        def of(key: str) -> float:
            slope = self.value(key, name, "slope")
            return (
                abs(math.log(min(max(slope, 1 / STEEPEST), STEEPEST))) if slope == slope else slope
            )

        return of

    def more(
        self, of: Callable[[str], Callable[[str], float]], name: str, against: str = TODAY
    ) -> Callable[[str], float]:
        """By how much a number of a candidate is above that of another one."""
        return lambda key: of(name)(key) - of(against)(key)


def text(found: OverTables, digits: int, unit: float = 1.0) -> str:
    def number(value: float | None) -> str:
        return "–" if value is None else f"{unit * value:.{digits}f}"

    return f"{number(found.value)} ({number(found.low)} to {number(found.high)})"


def mean_gain(found: Found, tables: list[str], name: str) -> float:
    value = over_tables(found.by_table(tables, found.gain(name))).value
    assert value is not None
    return value


def chosen(found: Found, tables: list[str]) -> str:
    """The simplest candidate within :data:`CLOSE` of the lowest mean."""
    means = {name: mean_gain(found, tables, name) for name in SCALES}
    return next(name for name in SCALES if means[name] <= min(means.values()) + CLOSE)


def table_of(found: Found, tables: list[str], share: str, names: Iterable[str] = SCALES) -> str:
    """Candidates on some tables, in Markdown."""
    lines = [
        "| prior | log-loss against 2.5, nats: mean | median | better, worse (tables) "
        "| over-confident, % | fails, % | mean \\|log slope\\| | MAP: mean |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in names:
        d = found.by_table(tables, found.gain(name), share=share)
        better, worse = sum(v < -CLOSE for v in d.values()), sum(v > CLOSE for v in d.values())
        own = found.by_table(tables, found.gain(f"{name} MAP", f"{TODAY} MAP"), share=share)
        shares = [
            text(share_over_tables(found.by_table(tables, of(name), share=share)), 0, 100)
            for of in (found.over, found.fails)
        ]
        tilt = over_tables(found.by_table(tables, found.tilt(name), share=share))
        lines.append(
            f"| `{name}` | {text(over_tables(d), 4)} | {text(over_tables(d, np.median), 4)} "
            f"| {better}, {worse} of {len(d)} | {shares[0]} | {shares[1]} | {text(tilt, 3)} "
            f"| {text(over_tables(own), 4)} |"
        )
    return "\n".join(lines)


def confirmation(found: Found, tables: list[str], name: str) -> tuple[bool, str]:
    """Whether all five conditions hold, and one line for each."""
    d = found.by_table(tables, found.gain(name))
    mean, median = over_tables(d), over_tables(d, np.median)
    over = over_tables(found.by_table(tables, found.more(found.over, name)))
    fails = over_tables(found.by_table(tables, found.more(found.fails, name)))
    tilt = over_tables(found.by_table(tables, found.more(found.tilt, name)))
    own = over_tables(found.by_table(tables, found.gain(f"{name} MAP", f"{TODAY} MAP")))
    assert mean.high is not None
    conditions = [
        (f"mean of d {text(mean, 4)}", mean.high < 0),
        (f"median of d {text(median, 4)}", (median.value or 0) <= 0),
        (
            f"over-confident {text(over, 0, 100)} points, fails {text(fails, 0, 100)} points",
            (over.value or 0) < 0 and (fails.value or 0) <= 0,
        ),
        (f"mean |log slope| {text(tilt, 3)}", (tilt.value or 0) <= 0),
        (f"MAP's mean of d {text(own, 4)}", (own.value or 0) <= 0),
    ]
    lines = [
        f"{i}. {what}: {'holds' if ok else 'FAILS'}" for i, (what, ok) in enumerate(conditions, 1)
    ]
    confirmed = all(ok for _, ok in conditions)
    return confirmed, "\n".join([*lines, f"Confirmed: {confirmed}"])


def against_others(
    found: Found, tables: list[str], name: str, names: Iterable[str] = SCALES
) -> str:
    """A candidate's log-loss against that of every other one."""
    lines = []
    for other in names:
        if other != name:
            d = found.by_table(tables, found.gain(name, other))
            both = text(over_tables(d), 4), text(over_tables(d, np.median), 4)
            lines.append(f"- `{name}` against `{other}`: mean {both[0]}, median {both[1]}")
    return "\n".join(lines)


def without_largest(found: Found, tables: list[str], name: str) -> str:
    """Which table has the largest share of a candidate's mean, and the mean without it.

    And with half of it: what ``oslo`` would count if its second training set, to which nothing
    can be fitted, were taken for a difference of zero.
    """
    d = found.by_table(tables, found.gain(name))
    sizes = {table: abs(v) for table, v in d.items()}
    largest = max(sizes, key=lambda table: sizes[table])
    rest = over_tables({table: v for table, v in d.items() if table != largest})
    half = over_tables(d | {largest: d[largest] / 2})
    share = sizes[largest] / sum(sizes.values())
    return (
        f"- `{name}`: {largest} ({share:.0%} of all |d|); without it the mean is {text(rest, 4)}, "
        f"with half of it {text(half, 4)}"
    )


def widest(found: Found) -> str:
    """Training sets on which ``auto`` takes a scale far above today's: losses in nats."""
    names = ["frequencies", TODAY, "2.5/sqrt(p)", AUTO]
    lines = [f"| training set | {' | '.join(names)} | scale |", "|---|" + "---|" * (len(names) + 1)]
    for key, cell in sorted(found.done.items()):
        if not cell.learned and (scale := found.value(key, AUTO, "scale")) > WIDE:
            losses = [f"{found.value(key, name, 'log_loss'):.3f}" for name in names]
            lines.append(f"| {key} | {' | '.join(losses)} | {scale:.3g} |")
    return "\n".join(lines)


def learned(found: Found, names: list[str]) -> str:
    """The cards with learned scales against candidates, on the same training sets."""
    lines = []
    for card in LEARNED:
        for against in names:
            d = {
                cell.table: found.value(key, card, "log_loss")
                - found.value(key.removesuffix("-learned"), against, "log_loss")
                for key, cell in found.done.items()
                if cell.learned
            }
            both = text(over_tables(d), 4), text(over_tables(d, np.median), 4)
            lines.append(
                f"- `{card}` against `{against}`, {len(d)} tables: mean {both[0]}, median {both[1]}"
            )
    return "\n".join(lines)


def show(folder: Path, *, first: bool) -> None:
    """Everything that docs/priors.md quotes."""
    numbers = pd.read_csv(folder / "numbers.csv", dtype={"cell": str, "fit": str})
    if first:
        of_auto = numbers["fit"].isin([AUTO, f"{AUTO} MAP"])
        numbers = numbers[~(of_auto & numbers["cell"].isin(FIRST_ERRORS))]
    found = Found(numbers, cells())
    parts = dict(zip(("choosing", "confirming"), halves(), strict=True))
    parts = {half: [t for t in names if found.keys(t)] for half, names in parts.items()}
    both = [*parts["choosing"], *parts["confirming"]]
    done = [cell for cell in found.done.values() if not cell.learned]
    print(f"{len(done)} of {sum(not c.learned for c in found.tasks.values())} training sets")
    for half, tables in {**parts, "all": both}.items():
        print(f"\n### {half}: {len(tables)} tables\n\n{table_of(found, tables, 'both')}")
    for share in ("full", "25 %"):
        print(f"\n### all, {share}\n\n{table_of(found, both, share)}")
    winner = chosen(found, parts["choosing"])
    print(f"\nChosen: {winner}\n\n{confirmation(found, parts['confirming'], winner)[1]}")
    print(f"\n{against_others(found, parts['confirming'], winner)}")
    print("\nLooked at afterwards, decides nothing:")
    for name in [n for n in SCALES if n != TODAY]:
        print(without_largest(found, parts["confirming"], name))
    print(f"\n{widest(found)}")
    print(f"\n{learned(found, [TODAY, winner])}")
    print(account(found, (*SCALES, *LEARNED)))


def account(found: Found, names: Sequence[str]) -> str:
    """What the fits cost, and which of them failed."""
    frame = found.of.reset_index()
    cpu = frame[frame["fit"].isin(names)].groupby("fit")["cpu_seconds"]
    errors = frame[frame.get("error", pd.Series(np.nan, frame.index)) == 1]
    failed = {n: int((frame[frame["fit"] == n]["failed"] == 1).sum()) for n in names}
    return (
        f"\nCPU seconds: {json.dumps({k: round(v) for k, v in cpu.sum().items()})} "
        f"median {json.dumps({k: round(v, 2) for k, v in cpu.median().items()})}\n"
        f"Errors: {errors[['cell', 'fit']].values.tolist()}\n"
        f"Posteriors that failed their checks: {failed}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--first", action="store_true")
    arguments = parser.parse_args()
    if arguments.fit:
        fit(arguments.folder, cells())
    if (arguments.folder / "cells").is_dir():
        write_numbers(arguments.folder)
    show(arguments.folder, first=arguments.first)
