"""A comparison made up by hand: every record of the page, no fit behind it."""

import numpy as np

from trifit.calibration import Band, Curve
from trifit.cards import Card, Sampler
from trifit.decisions import Costs
from trifit.diagnostics import Mixing, SamplerDiagnostics
from trifit.fits import Status
from trifit.notes import Note, NoteKind
from trifit.results import (
    Abstention,
    Advice,
    Axis,
    BenefitCurve,
    ByDistance,
    Calibration,
    Chain,
    ChainDiagnostics,
    ClassBias,
    Code,
    Comparison,
    Consequences,
    ContestantBySubgroup,
    ContestantSets,
    CorrectedScores,
    CostRecord,
    CostTable,
    CoverageCurve,
    Data,
    Difference,
    Disagreement,
    Division,
    Draws,
    Encoding,
    Ensemble,
    Estimate,
    Evaluation,
    Example,
    FeatureValue,
    FitRecord,
    Interval,
    Judged,
    Layer,
    Loo,
    MemberLoss,
    NetBenefit,
    Parameter,
    PathStep,
    PosteriorRecord,
    PrevalenceRecord,
    PriorGroup,
    PriorPosterior,
    PriorRecord,
    PriorRow,
    PriorSensitivity,
    ProbabilityMap,
    Provenance,
    Ranks,
    Reliability,
    RowTable,
    Scores,
    SensitivityStep,
    SetRecord,
    Sets,
    ShareEstimate,
    Spread,
    Step,
    SubgroupRecord,
    Success,
    TopLabel,
    Truth,
    TruthRecord,
    Verdict,
)  # fmt: skip
from trifit.truth import Coverage
from trifit.types import SplitBy, SplitRule

CLASSES = ["adelie", "chinstrap", "gentoo"]
FEATURES = ["bill length", "bill depth"]
LABELS = [0, 1, 2, 0, 1, 2]
LOSS = {"mle": 0.9, "map": 0.5, "mean": 0.45, "bayes": 0.4, "mle+T": 0.48}
SURE = {"mle": 0.97, "map": 0.85, "mean": 0.86, "bayes": 0.8, "mle+T": 0.82}
"""Held-out log-loss and confidence of each fit."""

FREQUENCY = 1.0986

BITS = float(1 / np.log(2))


def mixing(*, rhat_max=1.0, ess_bulk_min=1e4, ess_tail_min=1e4):
    """Chains that agree, unless something else is said."""
    return Mixing(rhat_max=rhat_max, ess_bulk_min=ess_bulk_min, ess_tail_min=ess_tail_min)


def sampler_diagnostics(*, rhat_max=1.0, ess_bulk_min=1e4, ess_tail_min=1e4, **others):
    """Those of NUTS that went well, unless something else is said."""
    good = {
        "divergences": 0, "divergent_share": 0.0, "bfmi_min": 1.0, "depth_limited_share": 0.0,
        "mean_steps": 7.0,
    }  # fmt: skip
    parameters = mixing(rhat_max=rhat_max, ess_bulk_min=ess_bulk_min, ess_tail_min=ess_tail_min)
    return SamplerDiagnostics(parameters=parameters, **good | others)


DIAGNOSTICS = sampler_diagnostics(
    rhat_max=1.002, ess_bulk_min=1800.0, ess_tail_min=1500.0, bfmi_min=0.9,
    predictions=mixing(rhat_max=1.001, ess_bulk_min=2100.0, ess_tail_min=1700.0),
)  # fmt: skip


def probs_of(fit):
    """Probabilities of the six rows: sure of the label, but wrong on the last."""
    most = SURE[fit]
    table = np.full((6, 3), (1 - most) / 2)
    table[np.arange(6), [0, 1, 2, 0, 1, 1]] = most
    return table.round(5).tolist()


def around(value, half):
    return Interval(value=value, low=value - half, high=value + half)


def curve(most):
    return Curve(low=[0.4, most], high=[0.6, 0.99], frequency=[0.5, 0.9], count=[2, 4])


def top_label(fit):
    most = SURE[fit]
    grid = [0.4, 0.7, 1.0]
    return TopLabel(
        score=0.12, mcb=0.02 if fit == "mle" else 0.005, dsc=0.01, unc=0.11, curve=curve(most),
        confidence=most, mcb_mean=0.006, mcb_limit=0.015, band_grid=grid,
        band_lower=[0.2, 0.5, 0.9], band_upper=[0.6, 0.9, 1.0], band_lower_all=[0.1, 0.4, 0.8],
        band_upper_all=[0.7, 0.95, 1.0],
        confidence_band=Band(grid=grid, lower=[0.0, 0.3, 0.6], upper=[0.8, 0.95, 1.0]),
        histogram=[0] * 12 + [1] * 4 + [0, 0, 0, 2],
    )  # fmt: skip


def calibration(fit):
    exists = fit != "mle"
    gain = Estimate.normal(0.3 if fit == "mle" else -0.01, 0.05)
    return Calibration(
        n_obs=6, n_events=40, entropy=1.0, slope=Estimate.normal(0.9, 0.1) if exists else None,
        intercepts=[0.0, 0.0, 0.0],
        gains={key: gain for key in ("temperature", "vector", "dirichlet", "isotonic", "beta")},
        p_value=0.2,
        classes=[
            ClassBias(
                name=name, mean_prob=0.3, frequency=0.33, p_value=0.5, odds_low=0.9, odds_high=1.4
            )
            for name in CLASSES
        ],
    )  # fmt: skip


def judged(fit):
    loss, exists = LOSS[fit], fit != "mle"
    return Judged(
        scores=scores(loss), elpd=Estimate.normal(-6 * loss, 0.3), calibration=calibration(fit),
        verdict=Verdict.BEHAVES if exists else Verdict.NO_MLE,
        outputs=Verdict.BEHAVES if exists else Verdict.UNCERTAIN,
        code=Code(
            outcome=Encoding.WRITTEN, bits=64, ideal_bits=6 * loss * BITS, n_floored=int(not exists)
        ),
        top_label=top_label(fit),
        classes=[
            Reliability(score=0.1, mcb=0.01 * (k + 1), dsc=0.02, unc=0.11, curve=curve(0.7))
            for k in range(3)
        ],
    )  # fmt: skip


def fit_record(fit):
    return FitRecord(
        status=Status.CONVERGED if fit != "mle" else Status.SEPARATED, n_with_status=1,
        n_training_sets=1, seconds=0.5, diagnostics=DIAGNOSTICS if fit == "bayes" else None,
        path=[
            PathStep(step=s, cross_entropy=1.1 / (s + 1), gradient=0.1, held_out=h)
            for s, h in enumerate([1.1, 0.6, 0.9])
        ]
        if fit in ("mle", "map")
        else [],
    )  # fmt: skip


def estimate(value, half):
    return Estimate(value=value, se=half / 2, low=value - half, high=value + half)


def scores(loss):
    return Scores(
        log_loss=estimate(loss, 0.1), brier=estimate(0.2, 0.04), accuracy=estimate(0.9, 0.06),
        calibration_error=estimate(0.05, 0.02),
    )  # fmt: skip


def difference(a, b):
    d = LOSS[a] - LOSS.get(b, FREQUENCY)
    return Difference(
        a=a, b=b, log_loss=Estimate.normal(d, 0.03), elpd=Estimate.normal(-6 * d, 0.2),
        probability_better=float(d < 0),
    )  # fmt: skip


def parameter(feature, label, units, value):
    return Parameter(
        parameter=f"beta[{feature}, {label}]", feature=feature, label=label, units=units,
        mle=9 * value, mle_runs_to=int(np.sign(value)), map=value, mean=1.1 * value, sd=0.4,
        low=1.1 * value - 0.8, high=1.1 * value + 0.8, rhat=1.001, ess_bulk=2000.0, ess_tail=1800.0,
    )  # fmt: skip


def example_row(row):
    return Example(
        row=10 * row, label=LABELS[row], difference=0.3,
        probs={fit: probs_of(fit)[row] for fit in LOSS},
        features=[
            FeatureValue(name=name, value=40.5, z=1.5, contribution=-0.7) for name in FEATURES
        ],
    )  # fmt: skip


def disagreement():
    n = 4
    layer = Layer(probability=[990, 970, 700, 500] * n, winner=[0, 0, 1, 2] * n)
    axes = [
        Axis(name=name, low=0.0, high=3.0, data_low=1.0, data_high=2.0, share=None, loadings=[])
        for name in FEATURES
    ]
    return Disagreement(
        rows=RowTable(
            n_held_out=8, row=[0, 10, 20, 30, 40, 50], label=LABELS,
            probs={fit: probs_of(fit) for fit in LOSS}, aleatoric=[0.1, 0.2, 0.3, 0.1, 0.2, 0.3],
            epistemic=[0.01, 0.02, 0.03, 0.01, 0.02, 0.2], distance=[0.5, 1.0, 1.5, 2.0, 2.5, 3.0],
        ),
        by_distance=ByDistance(
            edges=[0.5, 1.5, 3.0], count=[3, 3], distance=[1.0, 2.5],
            confidence={fit: [SURE[fit], SURE[fit] - 0.1] for fit in LOSS},
            accuracy={fit: [around(0.9, 0.1), around(0.7, 0.2)] for fit in LOSS},
        ),
        between=("mle", "bayes"), examples=[example_row(5), example_row(1)],
        map=ProbabilityMap(
            kind="features", axes=(axes[0], axes[1]), n_grid=n,
            fits={fit: layer for fit in LOSS}, n_draws=100,
            x=[1.0, 1.5, 2.0], y=[1.0, 1.5, 2.0], label=[0, 1, 2],
        ),
    )  # fmt: skip


def prior():
    def row(feature, shift):
        return PriorRow(
            parameter=f"beta[{feature}]", feature=feature, label="gentoo",
            prior=(-4.0, -1.3, 0.0, 1.3, 4.0),
            posterior=(shift - 1, shift - 0.3, shift, shift + 0.3, shift + 1),
            prior_sd=2.0, posterior_sd=0.5, contraction=0.94, surprise=shift / 2,
        )  # fmt: skip

    def step(factor, loss, k=None):
        d = None if loss is None else Estimate.normal(loss - 0.5, 0.02)
        return SensitivityStep(factor=factor, log_loss=loss, difference=d, pareto_k=k)

    return PriorRecord(
        posterior=PriorPosterior(
            n_prior_draws=1000,
            groups=[
                PriorGroup(
                    parameter="beta", n=6, prior_sd=2.0, posterior_sd=0.5, contraction_low=0.9,
                    contraction=0.94, contraction_high=0.97,
                )
            ],
            rows=[row("bill length", 2.0), row("bill depth", -1.5)],
        ),
        sensitivity=PriorSensitivity(
            n_obs=6, n_training_sets=1,
            map=[step(0.5, 0.7), step(1.0, 0.5), step(2.0, 0.55)],
            bayes=[step(0.5, None, 0.9), step(1.0, 0.4, 0.1), step(2.0, 0.42, 0.6)],
        ),
    )  # fmt: skip


def chains():
    chain = Chain(
        bfmi=0.95, divergences=0, depth_limited=0, energy=[5, 10, 5], energy_change=[4, 12, 4]
    )
    return ChainDiagnostics(
        training_set=1, n_training_sets=1, n_draws=20, energy_edges=[-3.0, -1.0, 1.0, 3.0],
        chains=[chain, chain],
        ranks=[
            Ranks(
                kind="parameter", name="beta", feature="bill length", label="gentoo", rhat=1.002,
                counts=[[4, 5, 6, 5], [6, 5, 4, 5]],
            )
        ],
    )  # fmt: skip


def truth():
    rows = [0, 10]
    return Truth(
        entropy=0.35, rows=rows, true=[0.8, 0.1, 0.1, 0.2, 0.7, 0.1],
        fits={
            fit: TruthRecord(
                kl=Estimate.normal(LOSS[fit] - 0.35, 0.02),
                calibration_error=Estimate.normal(SURE[fit] - 0.75, 0.01),
                class_calibration_error=Estimate.normal(0.04, 0.01),
                confidence_bias=Estimate.normal(SURE[fit] - 0.78, 0.01), slope=0.9,
                estimators={"smooth": Estimate.normal(0.05, 0.01)},
                estimated=[p for i in rows for p in probs_of(fit)[i // 10]],
            )
            for fit in LOSS
        },
        intervals=[Coverage(level=0.95, coverage=0.93, width=0.3)],
    )  # fmt: skip


def ensemble():
    return Ensemble(
        n_members=8,
        n_ruling_out=0,
        members=Spread(lowest=0.5, median=0.6, highest=0.7),
        averaging=Estimate.normal(0.1, 0.01),
        total_entropy=Estimate.normal(0.5, 0.01),
        expected_entropy=Estimate.normal(0.4, 0.01),
        mutual_information=Estimate.normal(0.1, 0.01),
        curve=[MemberLoss(n_members=n, log_loss=0.4 + 0.2 / n) for n in (1, 2, 4, 8)],
        doubled=Estimate(value=0.0125, se=0.001, low=0.01, high=0.015),
        unlimited=Estimate(value=0.025, se=0.002, low=0.02, high=0.03),
    )


def benefit(level):
    """A curve over four thresholds, clear in the middle for the better ones."""
    value = [level, level - 0.05, level - 0.1, level - 0.15]
    return BenefitCurve(
        value=value, low=[v - 0.05 for v in value], high=[v + 0.05 for v in value],
        clear=[0, 1, 1, 0] if level > 0.2 else [0, 0, -1, -1],
    )  # fmt: skip


def consequences():
    costs = {
        "feed": dict.fromkeys(CLASSES, 1.0),
        "ring": {"adelie": 0.5, "chinstrap": 0.0, "gentoo": 9.0},
    }
    came_true = {fit: Estimate.normal(5 * loss, 0.2) for fit, loss in LOSS.items()}
    promised = {fit: Estimate.normal(5 * (1.4 - SURE[fit]), 0.1) for fit in LOSS}
    return Consequences(
        costs=CostTable(
            costs=Costs(costs=costs, unit="fish"),
            contestants={
                fit: CostRecord(
                    promised=promised[fit], came_true=true,
                    excess=Estimate.normal(true.value - promised[fit].value, 0.3),
                    actions={"feed": 0.25, "ring": 0.75},
                )
                for fit, true in came_true.items()
            },
            always={"feed": Estimate.normal(1.0, 0.0), "ring": Estimate.normal(3.2, 0.4)},
        ),
        net_benefit=NetBenefit(
            positive="gentoo", prevalence=1 / 3, thresholds=[0.1, 0.2, 0.3, 0.4],
            treat_all=benefit(0.1),
            contestants={fit: benefit(0.6 - 0.5 * loss) for fit, loss in LOSS.items()},
        ),
        abstention=Abstention(
            coverage=[0.25, 0.5, 0.75, 0.9, 1.0],
            contestants={
                fit: CoverageCurve(
                    risk=[0.0, loss / 20, loss / 15, loss / 12, loss / 10],
                    area=Estimate.normal(loss / 18, 0.01),
                )
                for fit, loss in LOSS.items()
            },
        ),
    )  # fmt: skip


def subgroup(slope, n, p=None):
    """A subgroup of n rows; one of few has no slope."""
    estimate = None if slope is None else Estimate.normal(slope, 2 / n**0.5)
    bias = [Estimate.normal(b, 0.5 / n**0.5) for b in (0.01, 0.05, -0.06)]
    return SubgroupRecord(
        log_loss=Estimate.normal(0.6, 0.03), n_impossible=0, slope=estimate,
        slope_pooled=estimate and Estimate.normal((slope + 1) / 2, 1 / n**0.5), bias=bias,
        bias_pooled=[Estimate.normal(b.value / 2, b.se / 2) for b in bias], p_slope=p, p_bias=1.0,
        verdict=Verdict.UNCERTAIN if p is None else Verdict.OVER_CONFIDENT,
    )  # fmt: skip


def by_island(fit):
    p = 0.01 if fit == "mle" else None
    return ContestantBySubgroup(
        p_value=0.4 if p is None else 0.004, df=6, spread=0.2, slope=Estimate.normal(0.9, 0.05),
        subgroups=[subgroup(1.0, 400), subgroup(0.5, 200, p), subgroup(None, 6)],
    )  # fmt: skip


def divisions():
    by_mass = ContestantBySubgroup(
        p_value=None, df=0, spread=None, slope=None,
        subgroups=[subgroup(0.9, 300), subgroup(1.1, 306)],
    )  # fmt: skip
    return [
        Division(
            by="island", names=["Biscoe", "Dream", "(missing)"], n_obs=[400, 200, 6],
            n_groups=None, cuts=[], contestants={fit: by_island(fit) for fit in LOSS},
        ),
        Division(
            by="mass:2", names=["mass < 4", "mass ≥ 4"], n_obs=[300, 306], n_groups=[30, 31],
            cuts=[4.0], contestants=dict.fromkeys(LOSS, by_mass),
        ),
    ]  # fmt: skip


def prevalence_shift():
    shares = [Interval(value=v, low=v - 0.04, high=v + 0.04) for v in (0.85, 0.1, 0.05)]
    return PrevalenceRecord(
        source="bayes", before=[1 / 3, 1 / 3, 1 / 3], scored=[1 / 3, 1 / 3, 1 / 3],
        after=[0.85, 0.1, 0.05], effective_rows=2.7, n_unlabelled=250,
        estimates={
            fit: ShareEstimate(shares=shares, p_value=0.0002 if fit == "mle" else 0.3)
            for fit in LOSS
        },
        contestants={
            fit: CorrectedScores(
                log_loss=Estimate.normal(loss / 2, 0.03), brier=Estimate.normal(loss / 3, 0.02),
                accuracy=Estimate.normal(0.9, 0.02), uncorrected=Estimate.normal(loss, 0.04),
                gain=Estimate.normal(loss / 2, 0.02), n_impossible=int(fit == "map"),
            )
            for fit, loss in LOSS.items()
        },
    )  # fmt: skip


def prediction_sets():
    def record(n, coverage, size):
        return SetRecord(
            n_obs=n, coverage=estimate(coverage, 0.05), size=estimate(size, 0.2), empty=0.01
        )

    def sets(coverage):
        return {
            fit: ContestantSets(
                all_rows=record(6, coverage, 3 - 2 * SURE[fit]),
                classes={"adelie": record(2, 0.99, 1.2), "gentoo": record(2, 0.7, 1.8)},
            )
            for fit in LOSS
        }

    return Sets(level=0.9, own=sets(0.8), conformal=sets(0.91))


def advice():
    """A recommendation for every fit."""
    right, gain = Success(right=90, worlds=100), estimate(0.1, 0.04)
    return {
        "mle": Advice(step=Step.NONE),
        "map": Advice(step=Step.PRIOR, gain=gain, factor=0.5, prior_scale=1.25, success=right),
        "mean": Advice(step=Step.COLLECT, n_rows=1300, success=right),
        "bayes": Advice(step=Step.USE, success=right),
        "mle+T": Advice(
            step=Step.RECALIBRATE, gain=gain, method="temperature", temperature=1.5, success=right
        ),
    }


def made_up():
    """The whole comparison."""
    return Comparison(
        data=Data(
            name="penguins", source="penguins.csv", n_obs=60, n_features=2, n_classes=3,
            feature_names=FEATURES, class_names=CLASSES, class_counts=[20.0, 20.0, 20.0],
            fingerprint="0" * 64, notes=[Note(NoteKind.DROPPED_UNLABELLED, n_rows=1)],
        ),
        card=Card(
            name="softmax", builder="trifit.models:softmax_regression", note="A note.",
            hyperparameters={"prior_scale": 2.5}, references=["Cox (1958)"],
            sampler=Sampler(chains=2, tune=500, draws=1000),
        ),
        evaluation=Evaluation(
            kind="holdout", rule=SplitRule(by=SplitBy.REQUEST), n_parts=1, n_test=6, n_train=54
        ),
        contestants={fit: judged(fit) for fit in LOSS},
        fits={fit: fit_record(fit) for fit in LOSS},
        advice=advice(),
        baselines={name: scores(FREQUENCY) for name in ("uniform", "class frequencies")},
        differences=[
            difference("map", "mle"), difference("mean", "map"), difference("bayes", "mean"),
            difference("bayes", "mle"), difference("bayes", "map"), difference("mle+T", "mle"),
            difference("bayes", "class frequencies"),
        ],
        temperatures=[2.5],
        posterior=PosteriorRecord(
            entropy=0.35, aleatoric=0.3, epistemic=0.05, epistemic_right=0.02, epistemic_wrong=0.2,
            n_draws=100,
            draws={
                key: Draws(low=0.4, median=0.5, high=0.6, averaged=0.45)
                for key in ("log_loss", "confidence", "slope")
            },
            loo=Loo(
                elpd=Estimate.normal(-20.0, 2.0),
                p=5.0,
                n_obs=54,
                n_high_k=0,
                k_limit=0.7,
                k_max=0.6,
            ),
        ),
        parameters=[
            parameter(feature, label, units, value)
            for units in ("model", "data")
            for feature, value in zip(FEATURES, (1.5, -1.0), strict=True)
            for label in CLASSES
        ],
        provenance=Provenance(
            command="trifit compare penguins.csv --target species", seed=1,
            versions={"python": "3.13", "pymc": "6.4.0"}, settings={"numba_fastmath": False},
            seconds={"total": 12.5},
        ),
        chain_diagnostics=chains(), prior=prior(), disagreement=disagreement(), truth=truth(),
        ensemble=ensemble(), consequences=consequences(),
        divisions=divisions(), prevalence_shift=prevalence_shift(),
        prediction_sets=prediction_sets(),
    )  # fmt: skip
