"""Draw the README's picture from a run folder: make picture."""

import sys
from pathlib import Path

from trifit.report import charts
from trifit.report.svg import with_style
from trifit.results import Comparison


def main(folder: str, target: str) -> None:
    comparison = Comparison.from_json(Path(folder) / "comparison.json")
    with with_style():
        figure, axes = charts.new_figure(11, 2.7, 1, len(comparison.contestants))
        for ax, (name, judged) in zip(axes[0], comparison.contestants.items(), strict=True):
            charts.top_label(judged.top_label, name=name, ax=ax)
            slope, loss = judged.calibration.slope, judged.scores.log_loss.value
            shown = "" if slope is None else f", slope {slope.value:.2f}"
            ax.set_title(f"{name}\nlog-loss {loss:.2f}{shown}", fontsize=9)
            ax.set_xlabel("confidence")
        axes[0, 0].set_ylabel("share right")
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(target, dpi=110, facecolor="white", metadata={"Software": None})


main(*sys.argv[1:])
