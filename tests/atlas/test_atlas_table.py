"""The pages of single tables: what they say, and that they lead to each other."""

import math
import os
import re
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pytest
from click.testing import CliRunner

from made_up_atlas import NASTY, cell, made_up_atlas, outcome, table
from markup import without_drawings
from trifit.atlas.findings import summarised
from trifit.cli import main
from trifit.report.atlas import render_tables
from trifit.report.atlas_table import render_table
from trifit.results import Verdict
from trifit.results.atlas import ROWS, range_of
from trifit.results.kept import ATLAS
from trifit.words.atlas_table import (
    above,
    loss_sentence,
    others_sentence,
    shares_loss,
    signed,
    skill_sentence,
    table_headline,
    table_sentences,
    temperature_sentence,
)

SNAPSHOT = Path(__file__).parent / "table.html"


def of(*cells, replications=1, **own):
    """An atlas of these training sets, and its first table."""
    record = msgspec.structs.replace(
        made_up_atlas(),
        cells=list(cells),
        replications=replications,
        tables=[table("a", **own)],
        **summarised(cells),
    )
    return record, record.tables[0]


# --- sentences ---


def test_equal_verdicts_are_said_together_with_their_slopes():
    over = outcome(Verdict.OVER_CONFIDENT, 0.612)
    open_ = outcome(Verdict.UNCERTAIN, 0.9)
    assert table_headline(*of(cell(mle=over, map=over, bayes=open_))) == (
        "With 400 training rows, the MLE and the MAP are over-confident (slopes 0.61 and 0.61), "
        "and 200 held-out rows leave the verdict on the posterior uncertain (slope 0.90)."
    )


def test_no_mle_has_no_slope_and_a_kept_interval_is_told():
    gone = outcome(Verdict.NO_MLE, 0.02, None)
    under = msgspec.structs.replace(
        outcome(Verdict.UNDER_CONFIDENT, 1.6), slope_low=1.2, slope_high=2.0
    )
    wrong = outcome(Verdict.MISCALIBRATED, None)
    found = cell(mle=gone, map=under, bayes=wrong, exists=False)
    assert table_headline(*of(found, replications=3)) == (
        "In the first of 3 draws, with 400 training rows, no MLE exists, the MAP is "
        "under-confident (slope 1.60, 1.20 to 2.00), and the posterior is otherwise miscalibrated."
    )


def test_a_loss_is_told_in_parts_that_add_up():
    assert loss_sentence(cell()) == (
        "The MLE's log-loss is 0.40 nats per row above the posterior's: +0.20 for having no prior, "
        "+0.050 for the mode instead of the mean and +0.15 for not averaging."
    )
    gone = cell(exists=False)
    assert loss_sentence(gone).startswith("The MAP's log-loss is 0.20 nats per row above the")
    assert "no prior" not in loss_sentence(gone)
    network = cell(losses={"mle": 0.9, "map": 0.7, "bayes": 0.5})
    assert (
        loss_sentence(network) == "The MLE's log-loss is 0.40 nats per row above the posterior's."
    )
    assert loss_sentence(cell(bayes=outcome(log_loss=None))) == ""


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.0004, "within 0.0005 nats per row of"),
        (-0.0004, "within 0.0005 nats per row of"),
        (0.0007, "0.0007 nats per row above"),
        (-12.3, "12 nats per row below"),
    ],
)
def test_a_difference_that_one_draw_cannot_tell_is_not_told(difference, text):
    assert above(difference) == text


def test_a_sign_stands_before_digits_that_are_not_all_zero():
    assert [signed(x) for x in (0.00004, -0.00004, -0.00006)] == ["0.0000", "0.0000", "−0.0001"]


@pytest.mark.parametrize(
    ("loss", "temperature", "exists", "text"),
    [
        (0.509, 1.3, True, "A single temperature of 1.3 is enough: the MLE's log-loss with it is"),
        (0.52, 1.3, True, "A single temperature of 1.3 is not enough: the MLE's log-loss with it"),
        (None, 1e10, True, "of over 100 is not enough: the log-loss with it is infinite."),
        (0.5, None, False, "(no MLE exists: this rests on where the optimiser stopped)."),
    ],
)
def test_a_temperature_is_enough_up_to_a_hundredth(loss, temperature, exists, text):
    scaled = msgspec.structs.replace(outcome(log_loss=loss), temperature=temperature)
    assert text in temperature_sentence(cell(exists=exists, **{"mle+T": scaled}))


def test_the_shares_of_the_classes_are_the_forecast_to_beat():
    _, own = of(cell(), class_counts={"no": 300, "yes": 100, "never": 0})
    by_hand = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert shares_loss(own) == pytest.approx(by_hand)
    assert "is 0.500 nats per held-out row, below the 0.562 or so" in skill_sentence(own, cell())
    worse = cell(bayes=outcome(log_loss=0.6))
    assert "0.600 nats per held-out row, not below the 0.562 or so" in skill_sentence(own, worse)


def test_other_tables_in_the_same_range_are_named_with_their_share():
    over = outcome(Verdict.OVER_CONFIDENT, 0.5)
    record, _ = of(cell("a"), cell("b", mle=over), cell("c", effective=2.0))
    assert others_sentence(record, record.cells[0]).startswith(
        "This training set has 10 effective rows per coefficient. In this range (10 to 30; "
        "training sets of 2 tables) the MLE is over-confident on 50% (0 to 100%), the MAP on 0%"
    )


def test_ranges_meet_at_their_ends():
    assert [range_of(x) for x in ROWS[:-1]] == [
        "below 1", "1 to 3", "3 to 10", "10 to 30", "30 to 100", "100 and more",
    ]  # fmt: skip


def test_smaller_training_sets_are_told_and_further_draws_are_not():
    record, own = of(cell("a"), cell("a", replication=1), cell("a", 0.25), replications=2)
    said = "\n".join(table_sentences(record, own))
    assert said.count("In the first of 2 draws, with 100 training rows,") == 1
    assert "400 training rows" not in said  # the headline has it


# --- pages ---


def test_a_table_that_was_not_fitted_has_a_page_that_says_so():
    record = made_up_atlas()
    page = render_tables(record)["tables/d.html"]
    assert "No training set of this table was fitted, so nothing was measured." in page
    assert "ValueError: " in page  # its failure
    assert 'id="numbers"' not in page


def test_pages_lead_to_their_neighbours_and_back():
    pages = render_tables(made_up_atlas())
    assert list(pages) == [f"tables/{name}.html" for name in "abcd"]
    links = {name: re.findall(r'<a [^>]*href="([^"]+)"', page) for name, page in pages.items()}
    assert [link for link in links["tables/a.html"] if "index" not in link] == ["b.html"]
    assert [link for link in links["tables/b.html"] if "index" not in link] == ["a.html", "c.html"]
    assert all("../index.html#tables" in own for own in links.values())


def test_a_name_with_odd_characters_can_be_followed(tmp_path):
    name = 'one #1 & "two"?'
    record, _ = of(cell(name))
    record = msgspec.structs.replace(record, tables=[table(name), table("z")])
    ATLAS.write(tmp_path, record)
    index = (tmp_path / "index.html").read_text()
    (link,) = re.findall(r'<a href="(tables/one[^"]+)"', index)
    assert (tmp_path / unquote(link)).is_file()
    after = (tmp_path / "tables" / "z.html").read_text()
    (link,) = re.findall(r'rel="prev" href="([^"]+)"', after)
    assert (tmp_path / "tables" / unquote(link)).is_file()


def test_a_name_that_leads_elsewhere_is_refused(tmp_path):
    found = msgspec.to_builtins(made_up_atlas())
    found["tables"][0]["name"] = "../../elsewhere"
    (tmp_path / "atlas.json").write_bytes(msgspec.json.encode(found))
    said = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert said.exit_code == 2
    assert "table '../../elsewhere': the name must be that of a file" in said.output


def test_intervals_are_drawn_where_they_were_kept():
    kept = msgspec.structs.replace(outcome(), slope_low=0.9, slope_high=1.1)
    without, with_them = (
        render_table(*of(cell(mle=o), cell("a", 0.25))) for o in (outcome(), kept)
    )
    assert "The ends of these intervals were not kept by this run." in without
    assert "were not kept" not in with_them
    assert "Bars: 95% intervals over held-out rows." in with_them
    assert "<small>0.90 to 1.10</small>" in with_them


def test_a_page_is_drawn_from_the_record_alone_and_escapes_it():
    record = made_up_atlas()
    pages = render_tables(record)
    assert pages == render_tables(made_up_atlas())
    assert not any("<script>alert" in page for page in pages.values())
    assert NASTY not in pages["tables/c.html"]
    page = pages["tables/b.html"]
    body = without_drawings(page[page.index("<header>") : page.index("</main>")])
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(body, encoding="utf-8")
    assert body == SNAPSHOT.read_text(encoding="utf-8")


def test_the_committed_pages_are_those_of_the_committed_record(root):
    folder = root / "reports" / "atlas"
    record = ATLAS.read(folder)
    assert {p.stem for p in (folder / "tables").glob("*.html")} == {t.name for t in record.tables}
    first = record.tables[0]
    assert (folder / "tables" / f"{first.name}.html").read_text() == render_table(record, first)
