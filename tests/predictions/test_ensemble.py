"""Members and draws: averages, chance and ignorance, what more members would bring."""

import msgspec
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.special import expit, log_softmax, softmax

import trifit
from trifit.cli import main
from trifit.clusters import quantile
from trifit.ensemble import averages, curve
from trifit.errors import InputError
from trifit.forecasts import LOG_ZERO, Forecasts
from trifit.judge import scores
from trifit.judge.ensemble import ensemble
from trifit.notes import Note, NoteKind
from trifit.predictions.draws import MAX_MEMBERS, Draws, predictions_of, read_draws
from trifit.results import Comparison
from trifit.scores import log_loss
from trifit.words import ensemble_sentences

CLASSES = ("ant", "bee", "cat")
M, N = 6, 300


@pytest.fixture
def logits(rng):
    common = 1.5 * rng.normal(size=(N, 3))
    return common + 0.7 * rng.normal(size=(M, N, 3))


@pytest.fixture
def y(logits, rng):
    edges = softmax(logits.mean(axis=0), axis=1).cumsum(axis=1)[:, :-1]
    return (rng.random(N)[:, None] > edges).sum(axis=1)


def save(path, y, **arrays):
    np.savez(path, y=np.array(CLASSES)[y], classes=CLASSES, **arrays)
    return path


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


# --- averages ----------------------------------------------------------------------------------


def test_averages_are_those_of_the_whole_array(logits, y):
    log_probs = log_softmax(logits, axis=2)
    found = averages(log_probs, y)
    probs = np.exp(log_probs)
    assert np.exp(found.probs) == pytest.approx(probs.mean(axis=0), rel=1e-12)
    assert found.logits == pytest.approx(log_softmax(logits.mean(axis=0), axis=1), rel=1e-12)
    assert (found.at_label == log_probs[:, np.arange(N), y]).all()
    entropy = -(probs * log_probs).sum(axis=2).mean(axis=0)
    assert found.expected_entropy == pytest.approx(entropy, rel=1e-12)


def test_two_members_by_hand():
    """One row, label 0, of which two members say 0.8 and 0.2."""
    found = trifit.evaluate_draws([[[0.8, 0.2], [0.5, 0.5]], [[0.2, 0.8], [0.5, 0.5]]], [0, 1])
    e = found.ensemble
    first = np.log(0.5) - (np.log(0.8) + np.log(0.2)) / 2
    assert e.averaging.value == pytest.approx(first / 2)
    assert e.averaging.se == pytest.approx(first / 2)
    own = -(0.8 * np.log(0.8) + 0.2 * np.log(0.2))
    assert e.total_entropy.value == pytest.approx(np.log(2))
    assert e.expected_entropy.value == pytest.approx((own + np.log(2)) / 2)
    assert e.mutual_information.value == pytest.approx((np.log(2) - own) / 2)
    assert (e.doubled, e.unlimited, e.curve) == (None, None, [])
    assert "2 members are too few to show how they vary" in said(found)


def said(comparison):
    return " ".join(ensemble_sentences(comparison.ensemble))


def test_members_are_contestants_while_they_are_few(logits, y):
    few = trifit.evaluate_draws(logits[:3], y, logits=True)
    assert list(few.contestants) == ["mean probs", "mean logits"] + [
        f"member {m + 1}" for m in range(3)
    ]
    losses = [log_loss(log_softmax(member, axis=1), y).value for member in logits[:3]]
    spread = few.ensemble.members
    assert (spread.lowest, spread.highest) == pytest.approx((min(losses), max(losses)))
    assert spread.median == pytest.approx(np.median(losses))
    gain = np.mean(losses) - few.contestants["mean probs"].scores.log_loss.value
    assert few.ensemble.averaging.value == pytest.approx(gain)
    many = Draws(np.tile(logits, (4, 1, 1)), y, CLASSES, logits=True)
    assert len(many) > MAX_MEMBERS
    assert list(predictions_of(many).forecasts.log_probs) == ["mean probs", "mean logits"]


def test_equal_members_gain_nothing(logits, y):
    same = np.tile(log_softmax(logits[:1], axis=2), (8, 1, 1))
    e = ensemble(averages(same, y), Forecasts({}, y, CLASSES), np.random.default_rng(1))
    assert e.averaging.value == pytest.approx(0, abs=1e-12)
    assert e.mutual_information.value == pytest.approx(0, abs=1e-12)
    assert e.unlimited.high == pytest.approx(0, abs=1e-12)


# --- more members ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_curve_is_that_of_all_subsets(seed):
    """Of five members every pair can be averaged."""
    rng = np.random.default_rng(seed)
    q = rng.uniform(0.1, 0.9, size=(5, 200))
    found = curve(np.log(q))
    pairs = [-np.log((q[a] + q[b]) / 2).mean() for a in range(5) for b in range(a)]
    assert found.sizes.tolist() == [5, 2, 1]
    assert found.losses == pytest.approx(
        [-np.log(q.mean(axis=0)).mean(), np.mean(pairs), -np.log(q).mean()], abs=0.01
    )
    assert found.losses[[0, 2]] == pytest.approx(
        [-np.log(q.mean(axis=0)).mean(), -np.log(q).mean()], rel=1e-12
    )


def test_the_saving_does_not_depend_on_a_factor_of_a_rows_probabilities(rng):
    log_q = rng.normal(-2, 0.5, size=(8, 100))
    shifted = log_q - rng.uniform(0, 500, size=100)
    for name in ("doubled", "unlimited"):
        assert getattr(curve(shifted), name).value == pytest.approx(
            getattr(curve(log_q), name).value, rel=1e-9
        )


def test_what_cannot_be_told_is_none(rng):
    log_q = rng.normal(-2, 0.5, size=(8, 100))
    assert curve(log_q[:3]) is None
    log_q[2, 3] = LOG_ZERO
    assert curve(log_q) is None


def coverage(n_members, n_obs, n_features, sd, *, n_replications=100):
    """How often both intervals hold the truth, where members are draws of a known posterior.

    Logistic regression with coefficients N(centre, sd^2 I), new rows and new labels each time.
    The log-odds of a row are normal, so the truth is Gauss-Hermite quadrature for infinitely many
    members and a large simulation with members of their own for every row for finitely many.
    """
    rng = np.random.default_rng(7)
    centre = rng.normal(size=n_features)
    truth = centre + sd * rng.normal(size=n_features)

    def log_odds(n):
        x = rng.normal(size=(n, n_features))
        sign = np.where(rng.random(n) < expit(x @ truth), 1, -1)
        return x, sign, sign * (x @ centre), sd * np.linalg.norm(x, axis=1)

    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    doubled, unlimited = [], []
    for _ in range(200_000 // (n_members * 100)):
        _, _, mean, scale = log_odds(2_000)
        halves = expit(mean + scale * rng.normal(size=(2, n_members, 2_000))).mean(axis=1)
        half = -np.log(halves).mean()
        doubled.append(half + np.log(halves.mean(axis=0)).mean())
        q = weights @ expit(mean + scale * nodes[:, None]) / weights.sum()
        unlimited.append(half + np.log(q).mean())
    held = np.zeros(2)
    for seed in range(n_replications):
        x, sign, _, _ = log_odds(n_obs)
        members = centre + sd * rng.normal(size=(n_members, n_features))
        found = curve(-np.logaddexp(0, -sign * (members @ x.T)), seed=seed)
        held += (
            found.doubled.low <= np.mean(doubled) <= found.doubled.high,
            found.unlimited.low <= np.mean(unlimited) <= found.unlimited.high,
        )
    return held / n_replications


def test_the_interval_of_what_more_members_bring_holds_the_truth():
    assert (coverage(8, 300, 5, 0.5) >= 0.9).all()


@pytest.mark.slow
@pytest.mark.parametrize("n_members", [4, 5, 10, 20, 100])
@pytest.mark.parametrize(("n_features", "sd"), [(5, 0.3), (5, 1.0), (20, 0.5)])
@pytest.mark.parametrize("n_obs", [300, 2000])
def test_the_interval_holds_it_for_few_and_many_members(n_members, n_features, sd, n_obs):
    assert (coverage(n_members, n_obs, n_features, sd) >= 0.88).all()


# --- groups and weights ------------------------------------------------------------------------


def told(comparison):
    """What does not depend on when and from what it was made."""
    document = msgspec.to_builtins(comparison)
    return {key: value for key, value in document.items() if key not in ("data", "provenance")}


def test_a_weighted_row_is_that_many_rows(rng):
    """In every number: scores, intervals, calibration, what more members would bring."""
    members, counts = rng.normal(size=(MAX_MEMBERS + 1, 60, 2)), rng.integers(0, 4, size=60)
    y, rows = np.arange(60) % 2, np.repeat(np.arange(60), counts)
    weighted = trifit.evaluate_draws(members, y, logits=True, weights=counts)
    repeated = trifit.evaluate_draws(members[:, rows], y[rows], logits=True)
    assert weighted.evaluation.n_test == counts.sum()
    assert weighted.ensemble.unlimited.value > 0
    assert told(weighted) == told(repeated)


def test_copies_of_a_group_count_once(logits, y):
    def of(n_copies, groups):
        draws = Draws(
            logits.repeat(n_copies, axis=1), y.repeat(n_copies), CLASSES, logits=True, groups=groups
        )
        found = predictions_of(draws)
        return ensemble(found.averages, found.forecasts, np.random.default_rng(1))

    once, copied = of(1, np.arange(N)), of(3, np.arange(N).repeat(3))
    independent = of(3, None)
    for name in (
        "averaging", "total_entropy", "expected_entropy", "mutual_information",
        "doubled", "unlimited",
    ):  # fmt: skip
        a, b = getattr(once, name), getattr(copied, name)
        assert (b.value, b.se, b.low, b.high) == pytest.approx((a.value, a.se, a.low, a.high))
        assert getattr(independent, name).se < a.se
    width = once.averaging.high - once.averaging.low
    assert width == pytest.approx(2 * quantile(0.95, N - 1) * once.averaging.se)


def test_groups_and_weights_of_files(logits, y, tmp_path):
    """Arrays of a file, or columns of a table."""
    probs, group, n = softmax(logits[:2], axis=2), np.arange(N) // 5, np.arange(N) % 3
    save(tmp_path / "e.npz", y, probs=probs, g=group, n=n)
    parts = [
        pd.DataFrame(p, columns=[f"p_{c}" for c in CLASSES]).assign(
            m=m, y=np.array(CLASSES)[y], g=group, n=n
        )
        for m, p in enumerate(probs)
    ]
    pd.concat(parts).to_parquet(tmp_path / "e.parquet")
    wide = read_draws(tmp_path / "e.npz", label="y", groups="g", weights="n")
    long = read_draws(
        tmp_path / "e.parquet", label="y", probs="p_*", member_col="m", groups="g", weights="n"
    )
    note = Note(NoteKind.WEIGHTS, names=("n",), n=int(n.sum()), n_rows=N)
    assert wide.notes == long.notes == [note]
    a, b = (predictions_of(draws).forecasts for draws in (wide, long))
    assert a.log_probs["mean probs"] == pytest.approx(b.log_probs["mean probs"], rel=1e-12)
    assert (a.labels == b.labels).all()
    assert (a.groups == b.groups).all()
    assert (len(a.labels), a.n_groups) == (n.sum(), 60)


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_logits_of_any_precision(dtype, logits, y, tmp_path):
    file = save(tmp_path / "e.npz", y, logits=logits.astype(dtype))
    draws = read_draws(file, label="y")
    assert draws.logits
    assert draws.class_names == CLASSES
    assert (draws.labels == y).all()
    found = predictions_of(draws).averages
    exact = averages(log_softmax(logits, axis=2), y)
    assert found.probs == pytest.approx(exact.probs, abs=1e-12 if dtype == np.float64 else 2e-2)


def test_a_table_with_a_column_for_the_member_says_the_same(logits, y, tmp_path):
    probs = softmax(logits, axis=2)
    parts = [
        pd.DataFrame(probs[m], columns=[f"p_{c}" for c in CLASSES]).assign(
            m=f"seed {m}", row=np.arange(N), y=np.array(CLASSES)[y]
        )
        for m in range(M)
    ]
    table = pd.concat([parts[0], *(part.sample(frac=1, random_state=1) for part in parts[1:])])
    table.to_parquet(tmp_path / "long.parquet")
    long = read_draws(
        tmp_path / "long.parquet", label="y", probs="p_*", row_id="row", member_col="m"
    )
    wide = read_draws(save(tmp_path / "e.npz", y, probs=probs), label="y")
    a, b = (predictions_of(draws).averages.probs for draws in (long, wide))
    assert a == pytest.approx(b, rel=1e-12)


BAD = {
    "no labels": (lambda a: a | {"z": a.pop("y")}, "there is no array 'y'; it has 'probs'"),
    "two axes": (lambda a: a | {"probs": a["probs"][0]}, r"\(300, 3\); expected \(member, row"),
    "rows first": (lambda a: a | {"probs": a["probs"].transpose(1, 0, 2)}, "300 rows"),
    "one member": (lambda a: a | {"probs": a["probs"][:1]}, "2 members or more"),
    "a label unknown": (lambda a: a | {"y": np.full(N, "dog")}, "the label 'dog'"),
    "a sum": (lambda a: a | {"probs": a["probs"] * 2}, r"'e.npz': probs\[0\]\[0\] sums to 2"),
    "classes too few": (lambda a: a | {"classes": ["a", "b"]}, "and 2 classes|label"),
    "no forecasts": (lambda a: a | {"p": a.pop("probs")}, "there is no array 'probs'"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_file_is_answered_in_a_line(case, logits, y, tmp_path):
    change, message = BAD[case]
    arrays = {"probs": softmax(logits, axis=2), "y": np.array(CLASSES)[y], "classes": CLASSES}
    np.savez(tmp_path / "e.npz", **change(arrays))
    with pytest.raises(InputError, match=message) as caught:
        predictions_of(read_draws(tmp_path / "e.npz", label="y"))
    assert "\n" not in str(caught.value)


def test_what_is_no_npz_file(tmp_path):
    (tmp_path / "e.npz").write_text("row,p_a")
    with pytest.raises(InputError, match=r"e\.npz' cannot be read"):
        read_draws(tmp_path / "e.npz", label="y")
    with pytest.raises(InputError, match="--member-col COLUMN"):
        read_draws(tmp_path / "e.csv", label="y")


@pytest.mark.parametrize(
    ("draws", "y", "message"),
    [
        (np.full((2, 3), 0.5), [0, 1], r"shape \(2, 3\); expected \(member, row, class\)"),
        (np.full((2, 3, 2), 0.5), [0, 1], "y has shape"),
        (np.full((2, 2, 2), 0.5), [[0.5, 0.5], [1, 0]], "soft labels"),
        (np.full((2, 2, 2), 0.6), [0, 1], r"draws\[0\]\[0\] sums to 1.2"),
    ],
)
def test_wrong_arrays(draws, y, message):
    with pytest.raises(InputError, match=message):
        trifit.evaluate_draws(draws, np.array(y))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"groups": [1]}, r"groups have shape \(1,\); expected \(2,\)"),
        ({"weights": [1, 1, 1]}, r"weights have shape \(3,\); expected \(2,\)"),
        ({"weights": [1, 0.5]}, "data row 2: 0.5; a weight counts identical rows"),
    ],
)
def test_wrong_groups_and_weights(given, message):
    with pytest.raises(InputError, match=message):
        trifit.evaluate_draws(np.full((2, 2, 2), 0.5), np.array([0, 1]), **given)


@pytest.mark.broad
def test_members_that_rule_out_what_happened(logits, y, tmp_path):
    sure = np.eye(3)[softmax(logits, axis=2).argmax(axis=2)]
    c = trifit.evaluate_draws(sure[:2], y)
    assert c.ensemble.n_ruling_out == 2
    assert c.ensemble.averaging is None
    assert "the gain from averaging are infinite" in said(c)
    c.to_html(tmp_path / "p.html")
    assert "cannot be estimated" in (tmp_path / "p.html").read_text()
    file = save(tmp_path / "e.npz", y, probs=sure)
    floored = predictions_of(read_draws(file, label="y", floor=0.01)).averages
    assert floored.at_label.min() == pytest.approx(np.log(0.01 / 1.02))


@pytest.mark.broad
def test_the_command_writes_the_section(logits, y, tmp_path):
    rows = {"row": np.arange(N), "site": np.arange(N) // 5}
    file = save(tmp_path / "e.npz", y, logits=logits[:4].astype(np.float32), **rows)
    words = ["evaluate", "--draws", file, "--label", "y", "--out", tmp_path / "page"]
    words += ["--groups", "site"]
    done = invoke(*words, "--id", "row", "--write-recalibrated", tmp_path / "b.csv")
    assert done.exit_code == 0, done.output
    assert "8 members would gain another" in done.output
    assert "count the 60 groups of 'site', not rows" in " ".join(done.output.split())
    assert "status" not in done.output
    c = Comparison.from_json(tmp_path / "page" / "comparison.json")
    assert [step.n_members for step in c.ensemble.curve] == [1, 2, 4]
    assert (c.evaluation.grouped_by, c.evaluation.n_groups) == ("site", 60)
    assert len(c.plot_members.frame()) == 5
    assert c.metrics()["ensemble.doubled_high"] == c.ensemble.doubled.high
    page = (tmp_path / "page" / "index.html").read_text()
    assert 'id="ensemble"' in page
    assert "further gain from infinitely many" in page
    assert list(pd.read_csv(tmp_path / "b.csv").columns)[:3] == ["row", "y", "mean probs:ant"]
    both = invoke(*words, "--preds", "a=b.csv")
    assert both.exit_code == 2
    assert "--draws cannot be combined" in both.output
    of_what = invoke("evaluate", file, "--label", "y", "--member-col", "m")
    assert "needs --draws FILE" in of_what.output


@pytest.mark.broad
def test_the_draws_of_a_run_are_its_posterior(iris_run, tmp_path):
    """Every draw's probabilities, exported and averaged again: the scores of bayes to 1e-12."""
    fitted = iris_run.fitted
    draws = []
    for fold in fitted.folds:
        fit, X = fold.fits["bayes"], fold.part.test.X
        draws.append(np.exp(fitted.density.log_probs(fit.flat_draws, X)))
    names = np.array(iris_run.dataset.class_names)
    np.savez(
        tmp_path / "d.npz",
        probs=np.concatenate(draws, axis=1),
        species=names[fitted.codes],
        classes=names,
    )
    read = read_draws(tmp_path / "d.npz", label="species")
    assert len(read) > MAX_MEMBERS
    found = predictions_of(read).forecasts
    assert found.log_probs["mean probs"] == pytest.approx(fitted.log_probs["bayes"], abs=1e-12)
    board = scores(found, np.random.default_rng(1))["mean probs"]
    ours = iris_run.comparison.contestants["bayes"].scores
    for score in ("log_loss", "brier", "accuracy", "calibration_error"):
        assert getattr(board, score).value == pytest.approx(
            getattr(ours, score).value, rel=1e-12, abs=1e-12
        )
