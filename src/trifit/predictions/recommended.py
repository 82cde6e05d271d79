"""The recalibration maps that a comparison recommends, as files of its run."""

from pathlib import Path

from trifit.forecasts import Forecasts
from trifit.results import Comparison
from trifit.results.folder import map_file


def write_maps(
    comparison: Comparison, forecasts: Forecasts, folder: Path, *, floor: float | None = None
) -> None:
    """Write the map of every contestant that should be recalibrated, fitted to all judged rows.

    ``trifit recalibrate`` applies it to further predictions.

    Parameters
    ----------
    comparison : Comparison
    forecasts : Forecasts
        That were judged.
    folder : Path
    floor : float, optional
        That the forecasts were raised to.
    """
    from trifit.recalibration import fit  # scikit-learn

    for name, advice in comparison.advice.items():
        if advice.saves_map:
            made = fit(
                forecasts.log_probs[name],
                forecasts.labels,
                method=advice.method,
                class_names=forecasts.class_names,
                source=f"{name} of {comparison.provenance.command}",
                floor=floor,
            )
            made.save(folder / map_file(comparison, name))
