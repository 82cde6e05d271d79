"""One training set, and the fits to it: each is made when it is first asked for."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from types import ModuleType

import numpy as np

from trifit.cards import Card
from trifit.contestants import CONTESTANTS, Kind, check_methods
from trifit.devices import Device
from trifit.errors import InputError
from trifit.fit.density import Density
from trifit.fit.device import on_device
from trifit.fit.prior_scale import choose_scale
from trifit.fits import Fit
from trifit.results import ChosenScale
from trifit.seeds import child, generator
from trifit.types import FloatArray, Rows

LOG = logging.getLogger(__name__)

Report = Callable[[str, float], None]
"""Called with the name of the stage that runs, and the share of it that is done."""


class Training:
    """What a method is given: model, rows, settings, random numbers, and the other fits.

    A method is a module of :mod:`trifit.fit.methods` with ``fit(training) -> Fit``. What it
    builds on it asks for: ``training.fit("map")``. Where the card leaves its prior scale to the
    data, ``density`` and ``card`` have the one that is chosen (``prior_scale``).

    Parameters
    ----------
    density : Density
    rows : Rows
        The training rows.
    held_out : Rows
        Whose predicted log probabilities the posterior's checks look at, and whose
        cross-entropy the optimisers' paths record. Nothing is fitted to them.
    card : Card
    seed_sequence : SeedSequence
    report : callable, optional
    device : Device, optional
        Where objectives are evaluated and posteriors sampled; default: the CPU.
    """

    def __init__(
        self,
        density: Density,
        rows: Rows,
        held_out: Rows,
        card: Card,
        seed_sequence: np.random.SeedSequence,
        report: Report | None = None,
        device: Device | None = None,
    ) -> None:
        self.rows, self.held_out = rows, held_out
        self._given, self._card, self._device = density, card, device
        self._seeds, self._report = seed_sequence, report
        self._fits: dict[str, Fit] = {}
        self._generators: dict[str, np.random.Generator] = {}

    @cached_property
    def prior_scale(self) -> ChosenScale | None:
        """The prior's scale, chosen on these rows; None where the card has it."""
        if self._given.rescaled is None:
            return None
        self.tell("prior scale")
        found = choose_scale(
            self._given.rescaled, self._card, self.rows, self.generator("prior scale")
        )
        LOG.info("prior scale %.3g chosen for %d rows", found.value, len(self.rows.X))
        return found

    @cached_property
    def density(self) -> Density:
        """The model, with the chosen scale, on the device."""
        return on_device(self.model, self._device)

    @cached_property
    def model(self) -> Density:
        """The model, with the chosen scale."""
        if self._given.rescaled is None or self.prior_scale is None:
            return self._given
        return self._given.rescaled.at(self.prior_scale.value)

    @cached_property
    def card(self) -> Card:
        """The card, with the chosen scale."""
        return self._card.with_scale(self.prior_scale.value) if self.prior_scale else self._card

    @property
    def learns_scales(self) -> bool:
        """Whether prior scales are learned from the data: a joint mode then means nothing."""
        return bool(self.density.scales.any())

    @property
    def held_scales(self) -> FloatArray | None:
        """Where point fits hold learned prior scales: at their posterior medians."""
        if not self.learns_scales:
            return None
        sampling = self.fit("bayes").sampling
        assert sampling is not None  # it was sampled
        return sampling.median

    def fit(self, name: str) -> Fit:
        """The fit of a contestant."""
        if name not in self._fits:
            self._fits[name] = method_of(name).fit(self)
        return self._fits[name]

    def fit_all(self, names: Sequence[str]) -> Mapping[str, Fit]:
        """The fits of several contestants, in their order; those that take longest come last."""
        for name in sorted(names, key=_takes_long):
            self.fit(name)
        return {name: self._fits[name] for name in names}

    def generator(self, name: str) -> np.random.Generator:
        """The generator of a name; asked for again, it goes on where it was."""
        if name not in self._generators:
            self._generators[name] = generator(self._seeds, name)
        return self._generators[name]

    def seed(self, name: str) -> int:
        """A whole number for a sampler that takes no generator."""
        return int(child(self._seeds, name).generate_state(1)[0] >> 1)

    def tell(self, stage: str, share: float = 0.0) -> None:
        """Say which stage runs, and what share of it is done."""
        if self._report is not None:
            self._report(stage, share)


def _takes_long(name: str) -> bool:
    return name == "mean" or CONTESTANTS[name].kind is Kind.POSTERIOR


def method_of(name: str) -> ModuleType:
    """The module that fits a contestant."""
    return import_module(CONTESTANTS[name].method)


def fits_of(card: Card, extra: Sequence[str] = (), *, nuts: bool = True) -> list[str]:
    """Names of all fits of a card: the standard ones, then those asked for.

    Parameters
    ----------
    card : Card
    extra : sequence of str, optional
        Methods asked for.
    nuts : bool
        Whether there is a posterior by NUTS.
    """
    left_out = set() if nuts else {"bayes", "mean"}
    if not card.identified:
        left_out.add("mean")
    standard = [name for name, c in CONTESTANTS.items() if not c.on_request]
    return [*(name for name in standard if name not in left_out), *extra]


def check_fits(density: Density, card: Card, extra: Sequence[str], *, nuts: bool) -> None:
    """Refuse, before anything is fitted, what a model is too large for or cannot have.

    Parameters
    ----------
    density : Density
    card : Card
    extra : sequence of str
        Methods asked for.
    nuts : bool
        Whether there is a posterior by NUTS.

    Raises
    ------
    InputError
    """
    check_methods(extra)
    if not nuts and density.scales.any():
        raise InputError(
            f"--no-nuts (nuts=False): card {card.name!r} learns the scale of its prior from the "
            "data, and its MAP needs NUTS to know that scale; allow NUTS, or fix the scale, e.g. "
            "--prior normal"
        )
    for name in fits_of(card, extra, nuts=nuts):
        check = getattr(method_of(name), "check", None)
        if check is not None:
            check(density, card)
