"""Check a model: its replications into a store, their ranks into a record, the record into a page.

FOLDER/made-with.json  the card and versions behind the replications
FOLDER/cells/          every finished replication (:mod:`trifit.study.store`)
FOLDER/check.json      what was found
FOLDER/index.html      its page
"""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from trifit.errors import whole_number
from trifit.functions import digests
from trifit.results import kept
from trifit.results.check import MOST_REPLICATIONS, Check, CheckedFit
from trifit.sbc.outcome import checked_fit
from trifit.sbc.replication import LEFT_OUT, N_DRAWS, Replication, Setup, compute
from trifit.study.computing import Computing, compute_all
from trifit.study.folder import Kind, open_folder, versions

if TYPE_CHECKING:
    import pandas as pd

CHECK = Kind("check", ("check.json", "index.html"))

MAX_ERRORS = 5
"""Most errors that the record quotes."""


def run_check(
    setup: Setup,
    folder: str | Path,
    *,
    data: str,
    computing: Computing,
    replications: int = 200,
    command: str | None = None,
) -> Check:
    """Run the replications that are not finished, and write the page.

    Parameters
    ----------
    setup : Setup
        See :func:`trifit.sbc.setup.setup_of`.
    folder : str or path
        Where replications, record and page go; see this module.
    data : str
        Where the features come from, in words.
    computing : Computing
        A check that goes on may have more replications.
    replications : int
    command : str, optional
        What made the record, as it is recorded; default: the call from Python.

    Raises
    ------
    InputError
        On arguments out of range, or a folder that holds something else.
    """
    replications = whole_number("--replications", replications, least=1, most=MOST_REPLICATIONS)
    folder, digest = Path(folder), "".join(f"{word:08x}" for word in setup.key)
    tasks = {f"{digest}-{i:06d}": Replication(setup, i) for i in range(replications)}
    store = open_folder(CHECK, folder, _made_with(setup, data), computing)
    table = compute_all(
        setup.card.name, tasks, compute, store, computing, units="replications"
    ).to_pandas()
    return kept.CHECK.write(folder, _record(setup, table, data, command))


def _made_with(setup: Setup, data: str) -> dict[str, Any]:
    n_obs, n_features = setup.X.shape
    return {
        "check": f"{setup.card.name} on {n_obs} rows of {n_features} features ({data}), "
        f"methods {','.join(setup.methods)}, seed {setup.seed}",
        "cards": {setup.card.name: msgspec.to_builtins(setup.card)},
        "code": digests([setup.card.builder]),
        "versions": versions(),
    }


def _record(setup: Setup, table: "pd.DataFrame", data: str, command: str | None) -> Check:
    errors = table["error"].dropna()
    n_obs, n_features = setup.X.shape
    replications = table["cell"].nunique()
    return Check(
        card=msgspec.to_builtins(setup.card),
        data=data,
        n_obs=n_obs,
        n_features=n_features,
        n_classes=len(setup.class_names),
        replications=replications,
        n_failed=len(errors),
        errors=errors.unique().tolist()[:MAX_ERRORS],
        n_draws=N_DRAWS,
        fits=[_fit(table[table["fit"] == m], m, replications) for m in setup.methods],
        seed=setup.seed,
        seconds=float(table.loc[table["quantity"] == "seconds", "value"].sum()),
        command=command or f"trifit.check_model({setup.card.name!r}, seed={setup.seed})",
        versions=versions(),
    )


def _fit(table: "pd.DataFrame", method: str, replications: int) -> CheckedFit:
    out = table["quantity"].str.startswith(LEFT_OUT)
    ranks = {
        str(name): of_one["value"].to_numpy().astype(np.int64)
        for name, of_one in table[~out].groupby("quantity", sort=False)
    }
    left_out = Counter(table.loc[out, "quantity"].str.removeprefix(LEFT_OUT))
    return checked_fit(
        method, ranks, dict(sorted(left_out.items())), N_DRAWS, replications=replications
    )
