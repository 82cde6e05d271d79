"""The library logs what it decides, and is silent unless someone listens."""

import logging
import subprocess
import sys

from fitting import FAST
from trifit.run import run_comparison


def test_decisions_are_logged(overlapping, caplog):
    caplog.set_level(logging.INFO, logger="trifit")
    run_comparison(
        overlapping, "logistic", test_size=0.3, overrides={**FAST, "prior_scale": "auto"}
    )
    said = [f"{record.name}: {record.getMessage()}" for record in caplog.records]
    assert all(record.name.startswith("trifit.") for record in caplog.records)
    for part in (
        "trifit.run.compare: sepals: 30% of the rows",
        "trifit.fit.build: card logistic: LinearDensity",
        "trifit.fit.training: prior scale ",
        "trifit.fit.methods.bayes: ",
    ):
        assert any(line.startswith(part) for line in said), (part, said)


def test_nothing_is_printed_where_nobody_listens():
    code = (
        "import logging, importlib; importlib.import_module('trifit.results.folder').LOG.info('x');"
        "print(logging.getLogger('trifit').handlers)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert done.stderr == ""
