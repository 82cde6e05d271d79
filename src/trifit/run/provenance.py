"""How a comparison was made: its data, its command, its versions."""

from trifit.cards import Card
from trifit.devices import Device
from trifit.fit import fused
from trifit.results import Data, Provenance
from trifit.results.provenance import provenance_of
from trifit.run.settings import Settings


def provenance(
    data: Data,
    card: Card,
    settings: Settings,
    device: Device | None,
    *,
    command: str | None,
    seconds: dict[str, float],
) -> Provenance:
    """How to make the same numbers again; without a command line, the call from Python.

    Parameters
    ----------
    data : Data
    card : Card
    settings : Settings
    device : Device or None
        Where the fits were made; None for the CPU.
    command : str or None
        The command line, if there was one.
    seconds : dict of str to float
        Time taken by each part.
    """
    return provenance_of(
        command or python_command(data, card, settings),
        settings.seed,
        seconds,
        settings={
            "numba_fastmath": False,
            "fused_likelihood": fused(),
            **({"device": device.text} if device else {}),
            **settings.texts,
        },
    )


def python_command(data: Data, card: Card, settings: Settings) -> str:
    """The call that made a run from Python, exact enough to tell two runs apart.

    Parameters
    ----------
    data : Data
    card : Card
    settings : Settings
    """
    hyper = ", ".join(f"{k}={v!r}" for k, v in sorted(card.hyperparameters.items()))
    given = "".join(f", {k}={v}" for k, v in settings.given.items())
    sampler = card.sampler
    return (
        f"trifit.compare({data.name!r} [{data.fingerprint[:12]}], model={card.name!r} [{hyper}, "
        f"draws={sampler.draws}, tune={sampler.tune}, chains={sampler.chains}, "
        f"target_accept={sampler.target_accept}, standardize={card.standardize}]{given})"
    )
