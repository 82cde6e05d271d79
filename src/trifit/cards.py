"""Model cards: one TOML file = one classifier to be fitted three ways."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from trifit.errors import InputError
from trifit.files import shipped
from trifit.functions import (
    Builder,
    check_named,
    defaults,
    from_folder,
    function_of,
    is_reference,
    keywords,
    register,
    takes,
)
from trifit.text import meant

AUTO = "auto"
"""As ``prior_scale``: the scale is chosen on the training rows (:mod:`trifit.fit.prior_scale`)."""

NAME = re.compile(r"(?!\.)[^/\\]{1,100}")
"""Names of cards and studies, which become parts of folders' names."""

SWITCHES = ("standardize", "feature_sd", "identified")
"""Settings of a card itself that ``with_overrides`` may change."""


SAMPLER_RANGES = {
    "draws": (10, 1_000_000),
    "max_draws": (10, 1_000_000),
    "tune": (50, 1_000_000),
    "chains": (2, 1_000),
}

USUAL_DRAWS = 1000
"""Draws per chain after which most posteriors pass every check."""


class Sampler(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """NUTS settings, named as in PyMC.

    Attributes
    ----------
    draws : int or "auto"
        Draws per chain. ``"auto"``: until every check passes and the Monte Carlo error of the
        scores is small, looked at after 500, 1,000, 2,000, … draws.
    max_draws : int
        Where ``"auto"`` gives up.
    tune : int
        Warm-up steps per chain.
    chains : int
    target_accept : float
    """

    draws: int | str = "auto"
    max_draws: int = 4000
    tune: int = 500
    chains: int = 4
    target_accept: float = 0.9

    def __post_init__(self) -> None:
        if isinstance(self.draws, str) and self.draws != "auto":
            raise ValueError(
                f'sampler.draws = {self.draws!r}: expected a whole number, or "auto" for as many '
                "as suffice"
            )
        for name, (low, high) in SAMPLER_RANGES.items():
            value = getattr(self, name)
            if not isinstance(value, str) and not low <= value <= high:
                raise ValueError(f"sampler.{name} = {value}: expected {low} to {high:,}")
        if not 0 < self.target_accept < 1:
            raise ValueError(
                f"sampler.target_accept = {self.target_accept}: expected between 0 and 1"
            )

    @property
    def fixed_draws(self) -> int | None:
        """Draws per chain where their number is given; None where they are to suffice."""
        return None if isinstance(self.draws, str) else self.draws

    @property
    def usual_draws(self) -> int:
        """Draws per chain to reckon with, where their number is not known before."""
        return self.fixed_draws or min(USUAL_DRAWS, self.max_draws)


class Optimiser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the point fits are found.

    Attributes
    ----------
    method : {"lbfgs", "newton", "gradient-descent"}
    step_size : float
        Of gradient descent on the mean loss per row; 0 means the largest that
        is safe near the start (the inverse of the largest curvature there).
    max_steps : int
    tolerance : float
        Stop when no component of the gradient per row exceeds this (nats).
    starts : int
        Jittered starts of which the best is kept.
    validation : float
        Share of the training rows on which early stopping of the MLE watches
        the log-loss; 0 means no early stopping.
    """

    method: Literal["lbfgs", "newton", "gradient-descent"] = "lbfgs"
    step_size: float = 0.0
    max_steps: int = 5_000
    tolerance: float = 1e-8
    starts: int = 1
    validation: float = 0.0

    def __post_init__(self) -> None:
        for name, low in (("max_steps", 1), ("starts", 1)):
            value = getattr(self, name)
            if value < low:
                raise ValueError(f"optimiser.{name} = {value}: expected at least {low}")
        if not (0 <= self.step_size < 1e12):
            raise ValueError(
                f"optimiser.step_size = {self.step_size}: expected a positive number, or 0 for "
                "a safe one"
            )
        if not 0 < self.tolerance < 1:
            raise ValueError(f"optimiser.tolerance = {self.tolerance}: expected between 0 and 1")
        if not 0 <= self.validation < 1:
            raise ValueError(f"optimiser.validation = {self.validation}: expected a share, 0 to 1")


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A classifier: its builder, hyperparameters and sampler settings.

    Attributes
    ----------
    name : str
    builder : str
        ``package.module:function`` of an installed package, or ``file.py:function`` in the
        card's folder or below. Its model has ``pm.Data("X")`` and one observed
        variable; names of learned prior scales end with ``_scale``.
    hyperparameters : dict
        Keyword arguments of the builder, e.g. ``prior_scale``.
    standardize : bool
        Whether features are standardised with the training rows' mean and sd.
    feature_sd : float
        The standard deviation that standardised features get.
    identified : bool
        Whether the data determine the parameters. Hidden units can be permuted,
        so a network's are not: its posterior is judged by its predictions alone,
        and a fit at the mean of its parameters is left out.
    sampler : Sampler
    optimiser : Optimiser
    references : list of str
    note : str
        When its softmax can be trusted, in a paragraph.
    """

    name: str
    builder: str
    hyperparameters: dict[str, bool | int | float | str | list[int]] = {}
    standardize: bool = True
    feature_sd: float = 1.0
    identified: bool = True
    sampler: Sampler = Sampler()
    optimiser: Optimiser = Optimiser()
    references: list[str] = []
    note: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or not self.name.isprintable():
            raise ValueError(
                f"name = {self.name[:60]!r}: expected 1 to 100 characters without slashes, for it "
                "becomes a part of a folder's name"
            )
        if not 0 < self.feature_sd < 1e6:
            raise ValueError(f"feature_sd = {self.feature_sd}: expected a positive number")

    def with_overrides(self, overrides: Mapping[str, Any]) -> "Card":
        """A card with some settings changed.

        Keys are hyperparameters (``prior_scale``), settings of the sampler
        (``draws`` or ``sampler.draws``) and of the optimiser (``starts`` or
        ``optimiser.starts``), ``standardize``, ``feature_sd`` or ``identified``.
        With another ``prior`` or ``output`` a scale that the card leaves to the training rows
        becomes the builder's default, unless ``prior_scale`` is given too.

        Raises
        ------
        InputError
            On an unknown key (naming the known ones) or a value of the wrong type.
        """
        builder = self.load_builder()
        fields = msgspec.to_builtins(self)
        sections = {"sampler": Sampler.__struct_fields__, "optimiser": Optimiser.__struct_fields__}
        for key, value in overrides.items():
            section, _, setting = key.rpartition(".")
            for home, names in sections.items():
                if setting in names and section in ("", home):
                    fields[home][setting] = value
                    break
            else:
                if key in SWITCHES:
                    fields[key] = value
                elif takes(builder, key):
                    fields["hyperparameters"][key] = value
                else:
                    options = [*sorted(keywords(builder)), *SWITCHES]
                    options += [name for names in sections.values() for name in names]
                    raise InputError(
                        f"--set {key}: card {self.name!r} has no such setting; "
                        f"it has {', '.join(options)}{meant(key, options)}"
                    )
        before = defaults(builder) | self.hyperparameters
        changed = [
            f"{key} = {fields['hyperparameters'][key]!r}"
            for key in ("prior", "output")
            if fields["hyperparameters"].get(key, before.get(key)) != before.get(key)
        ]
        if changed and self.chooses_scale and "prior_scale" not in overrides:
            fields["hyperparameters"] |= {
                "prior_scale": self.with_builders_scale().hyperparameters["prior_scale"]
            }
        if changed and self.note:
            fields["note"] = (
                f"Changed from the card {self.name!r}: {', '.join(changed)}. The card's advice on "
                "when to trust its softmax was written for the unchanged model."
            )
        return _convert(fields, f"card {self.name!r}")

    @property
    def chooses_scale(self) -> bool:
        """Whether the prior scale is left to the training rows."""
        return self.hyperparameters.get("prior_scale") == AUTO

    def with_builders_scale(self) -> "Card":
        """The card with its builder's default in place of a scale left to the training rows."""
        default = defaults(self.load_builder()).get("prior_scale")
        if not self.chooses_scale or not isinstance(default, int | float):
            return self
        return self.with_scale(default)

    def with_scale(self, scale: float) -> "Card":
        """The card with a number for its prior scale."""
        given = {**self.hyperparameters, "prior_scale": scale}
        return msgspec.structs.replace(self, hyperparameters=given)

    def times_as_wide(self, factor: float) -> float | None:
        """How many times as wide the prior is whose log density is divided by ``factor**2``.

        None where it changes its form (heavy tails), or has one that is not known.
        """
        if not self.builder.startswith("trifit.models:"):
            return None
        powers = {"normal": 1, "laplace": 2}
        power = powers.get(str(self.hyperparameters.get("prior", "normal")))
        return None if power is None else factor**power

    def load_builder(self) -> Builder:
        """The function that builds the ``pm.Model``.

        Raises
        ------
        InputError
            If it cannot be found.
        """
        return function_of(self.builder, "builder")

    def to_toml(self) -> str:
        """The card as TOML text."""
        import tomli_w

        return tomli_w.dumps(msgspec.to_builtins(self), multiline_strings=True)


def card_names() -> list[str]:
    """Names of the shipped cards."""
    return sorted(path.stem for path in cards_folder().glob("*.toml"))


def cards_folder() -> Path:
    """Where the shipped cards are."""
    return shipped("models", "_cards")


def is_path(card: str) -> bool:
    """Whether a card's name is the path of a file, and not that of a shipped card."""
    return card.endswith(".toml") or "/" in card


def load_card(model: str | Path | Builder) -> Card:
    """Load a shipped card by name, any card by path, or a builder as a card of its own.

    A builder is a function, or ``path/file.py:function`` or
    ``package.module:function``; its hyperparameters are its keyword defaults.

    Raises
    ------
    InputError
        If there is no such card, or it is not a valid one (naming the key).

    Examples
    --------
    >>> load_card("softmax").hyperparameters["prior_scale"]
    'auto'
    """
    if callable(model):
        reference = register(model)
        return Card(name=reference.rpartition(":")[2], builder=reference)
    text = str(model)
    if is_reference(text) and not Path(text).exists():
        function_of(text, "builder")
        return _convert({"name": text.rpartition(":")[2], "builder": text}, f"model {text!r}")
    path = Path(text) if is_path(text) else cards_folder() / f"{text}.toml"
    if not path.is_file():
        raise InputError(
            f"model {text!r}: no such card; shipped cards are {', '.join(card_names())}, "
            f"or give the path of a TOML file{meant(text, card_names())}"
        )
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"model {text!r} is not valid TOML: {error}") from error
    card = _convert(fields, f"model {text!r}")
    card = msgspec.structs.replace(card, builder=from_folder(card.builder, path.parent))
    if ":" in card.builder:
        check_named(card.builder, path.parent, f"model {text!r}")
    unknown = [key for key in card.hyperparameters if not takes(card.load_builder(), key)]
    if unknown:
        raise InputError(
            f"model {text!r}: builder {card.builder} takes no hyperparameter "
            f"{unknown[0]!r}; it takes {', '.join(sorted(keywords(card.load_builder())))}"
        )
    return card


def parse_setting(text: str, option: str = "--set prior_scale=1") -> tuple[str, Any]:
    """``KEY=VALUE`` with a TOML value (a bare word is text); ``option`` is an example of use.

    Examples
    --------
    >>> parse_setting("prior_scale=1.5")
    ('prior_scale', 1.5)
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise InputError(f"{option.split()[0]} {text!r}: expected KEY=VALUE, e.g. {option}")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    return key.strip(), parsed


def _convert(fields: Mapping[str, Any], where: str) -> Card:
    try:
        return msgspec.convert(fields, Card)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}") from error
