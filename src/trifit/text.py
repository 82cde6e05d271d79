"""Numbers as text, rounded to their uncertainty; text from data without control characters."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from trifit.normal import Z95

NEGLIGIBLE = 1e-12
"""A standard error below this is rounding error."""


def printable(text: str) -> str:
    r"""Text from data with control characters replaced by spaces.

    Examples
    --------
    >>> printable("a\x07b")
    'a b'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\u200a" else " " for c in text)


def is_missing(cell: object) -> bool:
    """Whether a cell of data in memory holds nothing: None, NaN, NaT or the NA of pandas.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing("")
    (True, True, False)
    """
    return cell is None or type(cell).__name__ == "NAType" or bool(cell != cell)


def one_line(error: BaseException) -> str:
    """What an error of another library says, on one line."""
    return " ".join(str(error).split())


def first_repeated(texts: Iterable[str]) -> str | None:
    """The first text that came before, None if all differ.

    Examples
    --------
    >>> first_repeated(["a", "b", "b", "a"])
    'b'
    """
    seen: set[str] = set()
    for text in texts:
        if text in seen:
            return text
        seen.add(text)
    return None


def decimals_for(se: float | None, *, default: int = 3, most: int = 6) -> int:
    """Decimals that show two significant digits of a standard error.

    Parameters
    ----------
    se : float or None
    default : int
        Where there is no standard error.
    most : int
        Most decimals.

    Examples
    --------
    >>> decimals_for(0.0123)
    3
    """
    if se is None or not math.isfinite(se) or se < NEGLIGIBLE:
        return default
    return int(min(most, max(0, 1 - math.floor(math.log10(se)))))


def with_se(value: float, se: float | None) -> str:
    """A number and its standard error, rounded to the error's two digits.

    Examples
    --------
    >>> with_se(0.123456, 0.0123)
    '0.123 ± 0.012'
    """
    if se is None or not math.isfinite(se) or se < NEGLIGIBLE:
        return rounded(value, se)
    return f"{rounded(value, se)} ± {se:.{decimals_for(se)}f}"


def rounded(value: float, se: float | None) -> str:
    """The number alone, rounded to its standard error's two digits.

    Examples
    --------
    >>> rounded(-9.7394, 8.39), rounded(-0.0001, 0.1)
    ('−9.7', '0.00')
    """
    return with_minus(f"{value:z.{decimals_for(se)}f}")


def p_value(p: float | None) -> str:
    """A p-value without digits that say nothing.

    Examples
    --------
    >>> p_value(0.005), p_value(1.0), p_value(0.23456), p_value(0.00001), p_value(None)
    ('0.005', '1', '0.235', '< 0.0001', '–')
    """
    if p is None or not math.isfinite(p):
        return "–"
    return "< 0.0001" if p < 1e-4 else f"{p:.3g}"


def p_equals(p: float) -> str:
    """A p-value as it stands behind a statement.

    Examples
    --------
    >>> p_equals(0.005), p_equals(0.00001)
    ('p = 0.005', 'p < 0.0001')
    """
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def two_digits(x: float) -> str:
    """A count with two significant digits.

    Examples
    --------
    >>> two_digits(1480.2), two_digits(86.4)
    ('1,500', '86')
    """
    return f"{float(f'{x:.2g}'):,.0f}"


def signed_with_se(value: float, se: float | None) -> str:
    """A difference and its standard error, as :func:`with_se` has them, with an explicit sign.

    Examples
    --------
    >>> signed_with_se(0.5, 0.25)
    '+0.50 ± 0.25'
    """
    text = with_se(value, se)
    return text if text.startswith("−") else f"+{text}"


def probability(share: float) -> str:
    """A Monte Carlo probability in per cent, never claiming certainty.

    Examples
    --------
    >>> probability(0.973), probability(1.0), probability(0.0)
    ('97%', '> 99%', '< 1%')
    """
    if share > 0.99:
        return "> 99%"
    return "< 1%" if share < 0.01 else f"{100 * share:.0f}%"


def interval(value: float, se: float | None) -> str:
    """95 % interval of a normal estimate.

    Examples
    --------
    >>> interval(1.0, 0.1)
    '0.80 to 1.20'
    """
    if se is None or not math.isfinite(se) or se < NEGLIGIBLE:
        return "–"
    digits = decimals_for(se)
    return with_minus(f"{value - Z95 * se:z.{digits}f} to {value + Z95 * se:z.{digits}f}")


def estimate(value: float, low: float, high: float, *, scale: float = 1.0) -> str:
    """A number rounded to two digits of its standard error, read off its 95 % interval.

    Parameters
    ----------
    value, low, high : float
    scale : float
        All are multiplied by it.

    Examples
    --------
    >>> estimate(0.123456, 0.10, 0.15)
    '0.123'
    >>> estimate(0.123456, 0.10, 0.15, scale=100)
    '12.3'
    """
    return with_minus(f"{scale * value:.{_interval_decimals(low, high, scale)}f}")


def between(low: float, high: float, *, scale: float = 1.0) -> str:
    """A 95 % interval, rounded to two digits of its standard error; empty if it has no width.

    Parameters
    ----------
    low, high : float
    scale : float
        Both are multiplied by it.

    Examples
    --------
    >>> between(0.1014, 0.1499)
    '0.101 to 0.150'
    >>> between(0.5, 0.5)
    ''
    """
    if high - low < NEGLIGIBLE:
        return ""
    digits = _interval_decimals(low, high, scale)
    return with_minus(f"{scale * low:.{digits}f} to {scale * high:.{digits}f}")


def with_interval(value: float, low: float, high: float) -> str:
    """A number and its 95 % interval, to two digits of its standard error, however small.

    Parameters
    ----------
    value, low, high : float

    Examples
    --------
    >>> with_interval(-0.0000123, -0.0000456, 0.000021)
    '−0.000012 (−0.000046 to 0.000021)'
    >>> with_interval(1.0, 1.0, 1.0), with_interval(0.04, -0.001, 0.93)
    ('1.000 (exactly)', '0.04 (0.00 to 0.93)')
    """
    digits = decimals_for((high - low) / (2 * Z95))
    number = f"{value:z.{digits}f}"
    ends = f"{low:z.{digits}f} to {high:z.{digits}f}" if high > low else "exactly"
    return with_minus(f"{number} ({ends})")


def with_minus(text: str) -> str:
    """A real minus sign before numbers."""
    return text.replace("-", "−")


def _interval_decimals(low: float, high: float, scale: float) -> int:
    return decimals_for(scale * (high - low) / (2 * Z95), most=4)


def counted(n: int, thing: str) -> str:
    """A number of things, the noun in the singular for one.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "test row")
    ('1 row', '1,200 test rows')
    """
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    Examples
    --------
    >>> listed(["mle", "map", "bayes"])
    'mle, map and bayes'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def listing(names: Sequence[str], most: int = 8) -> str:
    """Names in quotes, the first few of many.

    Examples
    --------
    >>> listing(["a", "b", "c", "d"], most=2)
    "'a', 'b' and 2 more"
    """
    most += len(names) == most + 1  # the name of one more takes no more room than its number
    shown = ", ".join(repr(n) for n in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")


def meant(name: str, names: Iterable[str]) -> str:
    """What a name that is unknown was perhaps meant to be, as the end of a message; or nothing.

    Examples
    --------
    >>> meant("Species", ["island", "species"]), meant("z", ["island", "species"])
    ("; did you mean 'species'?", '')
    """
    from difflib import get_close_matches

    known = {n.casefold(): n for n in names}
    near = get_close_matches(name.casefold(), known, n=1, cutoff=0.75)
    return f"; did you mean {known[near[0]]!r}?" if near else ""


def numbered(counts: Mapping[str, int], most: int = 8) -> str:
    """Names in quotes, each with a number, the first few of many.

    Examples
    --------
    >>> numbered({"a": 3, "b": 10, "c": 4, "d": 5}, most=2)
    "'a' (3), 'b' (10) and 2 more"
    """
    most += len(counts) == most + 1
    shown = ", ".join(f"{name!r} ({n:,})" for name, n in [*counts.items()][:most])
    return shown + (f" and {len(counts) - most:,} more" if len(counts) > most else "")


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Each name without marks that files and experiment trackers refuse, and unlike the others.

    Examples
    --------
    >>> slugs(["mle+T", "mle T", "class frequencies"])
    {'mle+T': 'mle_T', 'mle T': 'mle_T_2', 'class frequencies': 'class_frequencies'}
    """
    found: dict[str, str] = {}
    for name in names:
        slug = base = re.sub(r"[^\w.-]+", "_", name)
        count = 1
        while slug in found.values():
            slug = f"{base}_{(count := count + 1)}"
        found[name] = slug
    return found


def plain(value: object) -> str:
    """A setting as it is typed.

    Examples
    --------
    >>> plain(2.0), plain(3), plain([8])
    ('2', '3', '[8]')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def significant(value: float | None, digits: int = 3) -> str:
    """A number with a few significant digits.

    Examples
    --------
    >>> significant(12.3456), significant(-0.00012345), significant(-1.5e-8)
    ('12.3', '−0.000123', '−1.50e-08')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    magnitude, sign = math.floor(math.log10(abs(value))), "−" if value < 0 else ""
    if magnitude >= 6 or magnitude < -5:
        return f"{sign}{abs(value):.{digits - 1}e}"
    return f"{sign}{abs(value):.{max(0, digits - 1 - magnitude)}f}"


def repr_of(thing: object) -> str:
    """A representation on one line, without addresses in memory.

    Examples
    --------
    >>> repr_of(object())
    'object()'
    """
    text = " ".join(repr(thing).split())
    if text.startswith("<") and " at 0x" in text:
        return f"{type(thing).__name__}()"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def typed_line(error: BaseException, most: int = 300) -> str:
    r"""An exception's type and message on one line.

    Examples
    --------
    >>> typed_line(ValueError("first line\nsecond"))
    'ValueError: first line second'
    """
    text = one_line(error)
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def short(number: float) -> str:
    """A coordinate to a hundredth of a point."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
