"""A page for each mechanism, and the page of the month's plan."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import fields
from graphlib import TopologicalSorter
from typing import Any

from markup import NOTICE, Row, cell, code, codes, links, number_text, sentence, slot_link, table
from shipped import CASE, Docstring, case, chosen, model, quantities, readers, reads, slots

from servanda.case import Prior
from servanda.mechanisms import absences, slot_of
from servanda.world import Draw, Ledger, Theory


def mechanism_page(slot: str) -> str:
    """The page of one slot."""
    text = Docstring.of(chosen(slot))
    parts = [
        f"# {text.title}\n\n{NOTICE}**{text.claim}**\n\n{text.body}\n",
        f"## Source\n\n{text.source}\n" if text.source else "",
        f"## What it leaves out\n\n{text.left_out}\n" if text.left_out else "",
        _variants_part(slot),
        _quantities_part(slot),
        _parameters_part(slot),
        _levers_part(slot),
    ]
    return "\n".join(filter(None, parts))


def _variants_part(slot: str) -> str:
    rows = [
        (code(name), _first_line(v), f"`{CASE}`" if v is chosen(slot) else "")
        for name, v in slots()[slot].items()
    ]
    if slot == Ledger.slot:
        return ""
    naming = f"Each is a theory of this slot. A case names at most one, as `mechanisms.{slot}`."
    variants = table(("variant", "what it says", "named by"), rows)
    return f"## Variants\n\n{naming}\n\n{variants}\n{_absence(slot)}\n"


def _absence(slot: str) -> str:
    """What a case without a theory of the slot has instead."""
    absent = absences()[slot]
    said = (inspect.getdoc(absent) or (inspect.getdoc(slot_of(absent)) or "")).partition("\n\n")
    if absent.__module__ == slot_of(absent).__module__:
        return said[0]
    if rest := (inspect.getdoc(slot_of(chosen(slot))) or "").partition("\n\n")[2]:
        return " ".join(rest.split())
    other = codes(q.name for q in quantities().values() if q.slot == slot and q.neutral)
    but = f", except {other}, which is one" if other else ""
    return f"If a case names none, every quantity of this slot is zero{but}."


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def _quantities_part(slot: str) -> str:
    rivals = slots()[slot]
    read = {n for t in rivals.values() for n in reads(t)}
    reading = [(*described(n), _origin(n), _only(rivals, n)) for n in quantities() if n in read]
    writing = [
        (*described(n), links(readers(n)), kept(n))
        for n, q in quantities().items()
        if q.slot == slot
    ]
    head = ("quantity", "one for each", "unit", "meaning")
    return (
        f"## What it reads, writes and draws\n\nThe mechanism reads:\n\n"
        f"{table((*head, 'from', 'by which variants'), reading)}\nIt writes:\n\n"
        f"{table((*head, 'read by', 'kept in results'), writing)}" + _draws_part(rivals)
    )


def described(name: str) -> tuple[str, str, str, str]:
    """A quantity, its axis, its unit and its meaning."""
    q = quantities()[name]
    return code(name), q.axis, code(q.unit), q.meaning


def _origin(name: str) -> str:
    quantity = quantities()[name]
    return f"{'last' if quantity.carried else 'this'} month, {slot_link(quantity.slot)}"


def kept(name: str) -> str:
    """Whether results hold a quantity."""
    return "yes" if quantities()[name].kept else ""


def _only(rivals: Mapping[str, type[Theory]], name: str) -> str:
    having = [variant for variant, theory in rivals.items() if name in reads(theory)]
    return "" if len(having) == len(rivals) else "only " + codes(having)


def _draws_part(rivals: Mapping[str, type[Theory]]) -> str:
    draws: dict[Draw, list[str]] = {}
    for name, theory in rivals.items():
        for one in theory.draws:
            draws.setdefault(one, []).append(name)
    if not draws:
        return "\nIt draws no random numbers.\n"
    rows = [
        (
            code(d.name),
            d.kind,
            d.axis or "run",
            "" if len(v) == len(rivals) else "only " + codes(v),
        )
        for d, v in draws.items()
    ]
    return "\nIt draws in every step:\n\n" + table(
        ("draw", "kind", "one for each", "by which variants"), rows
    )


def _parameters_part(slot: str) -> str:
    rivals = slots()[slot]
    specs = {f.name: f for v in rivals.values() for f in fields(v.Parameters)}
    having = {
        name: [k for k, v in rivals.items() if name in {f.name for f in fields(v.Parameters)}]
        for name in specs
    }
    parts = [f"## Parameters\n\nWith the priors of `{CASE}`. {PRIORS}"]
    for name, spec in specs.items():
        only = "" if len(having[name]) == len(rivals) else f" Only {codes(having[name])}."
        parts.append(parameter_part(f"{slot}.{name}", spec.metadata, only))
    return "\n".join(parts)


WIDER = """\
*Without what it cites* is the wider form of a prior: what was known without its sources. It takes
the place of the prior at a cut-off before they were known, and in a calibration that learns from
them.
"""
PRIORS = f"""\
Status: *measured*, a source counted it; *estimated*, derived from cited figures; *assumed*,
judgement. Sources are rows of the evidence, with links to the publications. The title of a link
says what the source said. {WIDER}"""


def parameter_part(name: str, about: Mapping[str, Any], only: str) -> str:
    """A parameter, and the priors that the shipped case has for it."""
    each = f"one for each {about['axis'].replace('_', ' ')}" if about["axis"] else "one value"
    unit = "Dimensionless" if about["unit"] == "dimensionless" else f"In {code(about['unit'])}"
    what = f"{sentence(about['meaning'])}. {unit}, {each}. Range: {about['within']}.{only}"
    head = f"### `{name}`\n\n{what}\n\n"
    declared = case().parameters.get(name)
    if declared is None:
        return head + f"`{CASE}` has no prior for it.\n"
    rows = [_prior_row(member, prior) for member, prior in declared.priors.items()]
    columns = ("member", "prior", "unit", "status", "sources", "note", "without what it cites")
    if declared.otherwise is not None:
        fixed = "all others", f"{number_text(declared.otherwise)}, fixed"
        rows.append((*fixed, *[""] * (len(columns) - len(fixed))))
    first = 0 if about["axis"] else 1  # one value has no member
    last = len(columns) if any(prior.wider for prior in declared.priors.values()) else -1
    return head + table(columns[first:last], [row[first:last] for row in rows])


def _prior_row(member: str, prior: Prior) -> Row:
    sources = ", ".join(source_link(key) for key in prior.sources)
    wider = f"{prior_text(prior.wider)}: {prior.wider.note}" if prior.wider else ""
    own = code(member), prior_text(prior), code(prior.unit), prior.status, sources, prior.note
    return *own, wider


def _levers_part(slot: str) -> str:
    moving = [v for v in case().spec.levers if any(t.startswith(f"{slot}.") for t in v.targets)]
    rows = [
        (code(v.name), v.description, codes(t for t in v.targets if t.startswith(f"{slot}.")))
        for v in moving
    ]
    return (
        f"## Levers of `{CASE}` that act on it\n\n{table(('lever', 'what it is', 'acts on'), rows)}"
        if rows
        else ""
    )


def source_link(key: str) -> str:
    """A link to a source, named by an evidence row's id or a source's key."""
    rows = {o.id: o for o in case().evidence.observations}
    said = rows[key].claim if key in rows else ""
    source = case().evidence.source(rows[key].source if key in rows else key)
    hover = cell(": ".join(filter(None, (source.publisher, said)))).replace('"', "”")
    return f'[{key}](<{source.url}> "{hover}")' if source.url else f"{key} ({source.publisher})"


def prior_text(prior: Prior) -> str:
    """A prior in words."""
    first, second = (number_text(x) for x in prior.arguments[:2])
    text = {
        "fixed": f"{first}, fixed",
        "normal": f"normal, mean {first}, sd {second}",
        "lognormal": f"lognormal, median {first}, log-sd {second}",
        "beta": f"beta({first}, {second})",
        "uniform": f"uniform, {first} to {second}",
    }[prior.family]
    bounded = prior.family in ("normal", "lognormal")
    bounds = f", from {number_text(prior.low)} to {number_text(prior.high)}"
    return text + (bounds if bounded else "")


def plan_page() -> str:
    """The mechanisms in order, and which of them need which."""
    waits = {
        slot: {quantities()[n].slot for n in read if not quantities()[n].carried}
        for slot, read in model().reads.items()
    }
    rows = []
    for number, theory in enumerate(model().plan, start=1):
        text = Docstring.of(type(theory))
        rows.append(
            (
                str(number),
                slot_link(theory.slot),
                code(theory.variant),
                text.claim,
                links(_ordered(waits[theory.slot])),
            )
        )
    head = ("place", "mechanism", f"variant in `{CASE}`", "claim", "needs, this month")
    layers = f"```text\n{_layers(waits)}```\n"
    return f"# The month's plan\n\n{NOTICE}{PLAN}\n{table(head, rows)}\n{LAYERS}\n{layers}"


PLAN = """\
One step is one month. A mechanism is a slot with the theory that the case names for it. It is a
pure function of last month's world, of what earlier mechanisms wrote into this month, of its
parameters and of its own random numbers. The engine traces each mechanism to find what its results
depend on, and places it after those whose flows of the same month it reads. It refuses a case in
which two mechanisms write one quantity or wait for each other. Goods move only when the ledger
clears requests.
"""

LAYERS = """\
Mechanisms on one line do not need each other within the month. Each needs a flow from a line above.
"""


def _ordered(names: Iterable[str]) -> list[str]:
    wanted = set(names)
    return [slot for slot in slots() if slot in wanted]


def _layers(waits: Mapping[str, set[str]]) -> str:
    sorter = TopologicalSorter(waits)
    sorter.prepare()
    lines = []
    while sorter.is_active():
        ready = sorter.get_ready()
        lines.append("   ".join(_ordered(ready)))
        sorter.done(*ready)
    return "\n  ↓\n".join(lines) + "\n"
