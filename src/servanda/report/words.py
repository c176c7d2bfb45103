"""Numbers, months, units and names in words, in one form for the whole page."""

import math
from collections.abc import Sequence

from servanda.case.schema import CaseSpec, month_number
from servanda.engine import Model
from servanda.files.fields import is_address
from servanda.world.members import Account, Edge, Member, Option, Pair, Partner

THIN = "\u202f"
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DECIMALS = ((20, 0), (1, 1), (0.005, 2), (0.0, 3))
_MANY = {"person": "people", "launch": "launches", "dimensionless": ""}
_SMALL = 1000
_NEXT_TO_NONE = 0.005
_SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"))


def percent(share: float) -> str:
    """A share such as `44 %`. It is never rounded to 0 or 100 %: `under 1 %`, `over 99 %`."""
    if math.isnan(share):
        return "—"
    if 0 < share < _NEXT_TO_NONE:
        return f"under 1{THIN}%"
    if 1 - _NEXT_TO_NONE < share < 1:
        return f"over 99{THIN}%"
    return f"{round(100 * share)}{THIN}%"


def points(difference: float, error: float | None = None) -> str:
    """A difference of shares with its standard error: `+12.3 ± 0.8 points` (percentage points)."""
    size = f"{100 * difference:+.1f}".replace("-", "−")
    return f"{size} points" if error is None else f"{size} ± {100 * error:.1f} points"


def rounded(shares: Sequence[float]) -> list[int]:
    """Shares of one whole in percent, rounded so that they add up (largest remainder method)."""
    exact = [100 * share for share in shares]
    whole = [math.floor(value) for value in exact]
    spare = round(sum(exact)) - sum(whole)
    order = sorted(range(len(exact)), key=lambda i: whole[i] - exact[i])
    return [n + (i in order[:spare]) for i, n in enumerate(whole)]


def percents(shares: Sequence[float]) -> list[str]:
    """The rounded shares as texts such as `21 %`."""
    return [f"{n}{THIN}%" for n in rounded(shares)]


def number(value: float) -> str:
    """A number with two or three digits: `4.4 m`, `26,000`, `0.57`."""
    if math.isnan(value):
        return "—"
    size = abs(value)
    if size >= _SMALL:
        size = float(f"{size:.2g}") if size < _SCALES[-1][0] else size
    for scale, name in _SCALES:
        if size >= scale * 0.9995:
            return f"{_figures(math.copysign(size, value) / scale)}{THIN}{name}"
    if size >= _SMALL:
        return f"{math.copysign(size, value):,.0f}"
    return _figures(value)


def _figures(value: float) -> str:
    """Two digits, or three from 100 on; zero below a thousandth."""
    size = abs(value)
    decimals = next(d for least, d in _DECIMALS if size >= least)
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def unit(name: str) -> str:
    """`rounds a month` of `round/month`; empty for a pure number."""
    amount, _, time = name.partition("/")
    if amount in ("USD", "MUSD", "") or amount.startswith("1"):
        words = {"MUSD": "USD m", "1": ""}.get(amount, amount)
    else:
        words = _MANY.get(amount, f"{amount}s")
    if not time:
        return words
    return f"{words} {'a' if words else 'per'} {time}".strip()


def quantity(value: float, unit_name: str) -> str:
    """`4.4 m rounds`, `USD 3.7 bn a month`, `0.57`."""
    amount, _, time = unit_name.partition("/")
    rate = f" a {time}" if time else ""
    if amount in ("USD", "MUSD"):
        return f"USD{THIN}{number(value * (1e6 if amount == 'MUSD' else 1))}{rate}"
    if amount in ("dimensionless", "1"):
        return f"{number(value)}{f' per {time}' if time else ''}"
    words = amount if abs(value) == 1 else unit(amount)
    return f"{number(value)} {words}{rate}"


def interval(low: float, high: float) -> str:
    """`0.2 to 1.3 bn`."""
    return f"{number(low)} to {number(high)}"


def month(text: str) -> str:
    """`December 2024` of `2024-12`."""
    value = month_number(text)
    return f"{_MONTHS[value % 12]} {value // 12}"


def listed(parts: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    if not parts[1:]:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def upper_first(text: str) -> str:
    """The text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def plain(name: str) -> str:
    """A name with spaces where it has hyphens: `wartime bilateral`."""
    return name.replace("-", " ").replace("_", " ")


def actor(spec: CaseSpec, code: str) -> str:
    """The name of an actor, or the code if the actor has no name."""
    return {a.code: a.name for a in spec.actors}.get(code, code)


def good(spec: CaseSpec, name: str) -> str:
    """The name of a good in a sentence."""
    return {g.name: g.label or plain(g.name) for g in spec.goods}.get(name, plain(name))


def member(spec: CaseSpec, one: Member) -> str:
    """A member of an axis in words: a tie, a partner, a pair of actors, an account, a stance."""
    match one:
        case Edge():
            tie = one.tie
            return (
                f"{good(spec, tie.good)}, {actor(spec, tie.giver)} to {actor(spec, tie.receiver)}"
            )
        case Partner():
            return actor(spec, one.actor)
        case Account():
            return f"{actor(spec, one.owner)}, {good(spec, one.good.name)}"
        case Option():
            return f"{actor(spec, one.posture.actor)}, {plain(one.stance.name)}"
        case Pair():
            return "–".join(actor(spec, code) for code in one.actors)
        case _:
            name = actor(spec, one.label)
            return plain(name) if name == one.label else name


def address(url: str) -> str:
    """An address that the page may link to; empty if it must not, as with `javascript:`."""
    return url if is_address(url) else ""


def parameter(model: Model, label: str) -> str:
    """A parameter's description, with its member in brackets."""
    one = model.parameters[label]
    described = model.case.parameters[f"{one.slot}.{one.field}"].description
    if one.member is None:
        return described
    return f"{described} ({member(model.case.spec, one.member)})"
