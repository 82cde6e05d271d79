"""Results: every number of a page as plain data that is JSON."""

from trifit.results.advice import Advice, Step, Success
from trifit.results.calibration import (
    Calibration,
    ClassBias,
    Verdict,
)
from trifit.results.comparison import (
    LOGARITHMIC,
    SCHEMA,
    Comparison,
    Data,
    Difference,
    Evaluation,
    Provenance,
)
from trifit.results.consequences import (
    Abstention,
    BenefitCurve,
    Consequences,
    CostRecord,
    CostTable,
    CoverageCurve,
    NetBenefit,
)
from trifit.results.contestant import (
    Code,
    Encoding,
    FitRecord,
    Judged,
    PathStep,
    Scores,
)
from trifit.results.disagreement import (
    Axis,
    ByDistance,
    Disagreement,
    Example,
    FeatureValue,
    Layer,
    ProbabilityMap,
    RowTable,
)
from trifit.results.ensemble import (
    Ensemble,
    MemberLoss,
    Spread,
)
from trifit.results.noticed import Noticed
from trifit.results.parameters import Parameter
from trifit.results.posterior import (
    Chain,
    ChainDiagnostics,
    Draws,
    LaplaceError,
    Loo,
    ParameterError,
    PosteriorRecord,
    Ranks,
)
from trifit.results.prevalence import (
    CorrectedScores,
    PrevalenceRecord,
    ShareEstimate,
)
from trifit.results.prior import (
    ChosenScale,
    PriorGroup,
    PriorPosterior,
    PriorRecord,
    PriorRow,
    PriorSensitivity,
    SensitivityStep,
)
from trifit.results.ranking import (
    clear_best,
    ranked,
)
from trifit.results.record import Record
from trifit.results.reliability import Reliability, TopLabel
from trifit.results.sets import ContestantSets, SetRecord, Sets
from trifit.results.subgroups import (
    ContestantBySubgroup,
    Division,
    SubgroupRecord,
)
from trifit.results.truth import (
    Truth,
    TruthRecord,
)
from trifit.scores import Estimate, Interval

__all__ = [
    "LOGARITHMIC",
    "SCHEMA",
    "Abstention",
    "Advice",
    "Axis",
    "BenefitCurve",
    "ByDistance",
    "Calibration",
    "Chain",
    "ChainDiagnostics",
    "ChosenScale",
    "ClassBias",
    "Code",
    "Comparison",
    "Consequences",
    "ContestantBySubgroup",
    "ContestantSets",
    "CorrectedScores",
    "CostRecord",
    "CostTable",
    "CoverageCurve",
    "Data",
    "Difference",
    "Disagreement",
    "Division",
    "Draws",
    "Encoding",
    "Ensemble",
    "Estimate",
    "Evaluation",
    "Example",
    "FeatureValue",
    "FitRecord",
    "Interval",
    "Judged",
    "LaplaceError",
    "Layer",
    "Loo",
    "MemberLoss",
    "NetBenefit",
    "Noticed",
    "Parameter",
    "ParameterError",
    "PathStep",
    "PosteriorRecord",
    "PrevalenceRecord",
    "PriorGroup",
    "PriorPosterior",
    "PriorRecord",
    "PriorRow",
    "PriorSensitivity",
    "ProbabilityMap",
    "Provenance",
    "Ranks",
    "Record",
    "Reliability",
    "RowTable",
    "Scores",
    "SensitivityStep",
    "SetRecord",
    "Sets",
    "ShareEstimate",
    "Spread",
    "Step",
    "SubgroupRecord",
    "Success",
    "TopLabel",
    "Truth",
    "TruthRecord",
    "Verdict",
    "clear_best",
    "ranked",
]
