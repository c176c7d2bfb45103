#!/usr/bin/env python3
"""Write the pages that follow from the code and the shipped case, and generated parts of others.

    docs/generate.py            write what is stale
    docs/generate.py --check    write nothing; exit 1 and name what is stale

Whole pages: one for each mechanism, the month's plan, every quantity, the command line, the
shipped case. Parts, between `generated: NAME` and `end of generated`: the navigation in mkdocs.yml,
key tables of the case format, the table of trade effects, what is left out, and the claims.
"""

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import case_keys
import numpy as np
import typer
from typer.cli import get_docs_for_click

from servanda.case import Case, Prior, Series, load
from servanda.engine import Model, assemble
from servanda.mechanisms import variants
from servanda.rerouting.tables import (
    priors_part,
    read_results,
    rerouting_part,
    substitution_part,
)
from servanda.trade import read_baseline, read_effects, read_regimes
from servanda.trade.leverage import take
from servanda.world import Draw, Ledger, Process, quantities

DOCS = Path(__file__).resolve().parent
CONFIG = DOCS.parent / "mkdocs.yml"
CASE = "russia-dprk"
NOTICE = "<!-- Written by docs/generate.py: change the source, not this page. -->\n\n"

Row = Sequence[str]


# ── reading the sources ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Docstring:
    """A module's docstring in parts: `Title: claim.`, the body, the source, what it leaves out."""

    title: str
    claim: str
    body: str
    source: str
    left_out: str

    @classmethod
    def of(cls, process: type[Process]) -> "Docstring":
        """The docstring of the module that a process is written in."""
        head, *rest = (inspect.getdoc(sys.modules[process.__module__]) or "").split("\n\n")
        title, _, claim = head.partition(": ")
        marked = {"Source: ": "", "Left out: ": ""}
        body = []
        for paragraph in rest:
            mark = next((m for m in marked if paragraph.startswith(m)), None)
            if mark is None:
                body.append(paragraph if paragraph.startswith("    ") else _starred(paragraph))
            else:
                marked[mark] = _starred(_sentence(paragraph.removeprefix(mark)))
        return cls(title, _sentence(claim), "\n\n".join(body), *marked.values())


@cache
def case() -> Case:
    """The shipped case."""
    return load(CASE)


@cache
def model() -> Model:
    """The shipped case, assembled."""
    return assemble(case())


@cache
def slots() -> Mapping[str, Mapping[str, type[Process]]]:
    """Every slot with its variants, the ledger among them, in the order of the month."""
    known: dict[str, Mapping[str, type[Process]]] = {
        Ledger.slot: {Ledger.variant: Ledger},
        **variants(),
    }
    return {process.slot: known[process.slot] for process in model().plan}


def chosen(slot: str) -> type[Process]:
    """The variant that the shipped case names."""
    return type(model().processes[slot])


def writers() -> dict[str, str]:
    """Which slot of the shipped case writes each quantity."""
    return {name: process.slot for process in model().plan for name in process.writes}


def readers(name: str) -> list[str]:
    """The slots of which some variant reads a quantity."""
    return [
        slot for slot, rivals in slots().items() if any(name in v.reads for v in rivals.values())
    ]


# ── writing Markdown ──────────────────────────────────────────────────────────────────────────────


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(c) for c in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text as code; nothing for nothing."""
    return f"`{text}`" if text else ""


def _codes(names: Iterable[str]) -> str:
    return ", ".join(code(n) for n in names)


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:]


_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\w)([^*]+)(?<=\w)\*(?!\w)")


def _starred(text: str) -> str:
    """Text whose emphasis is kept and whose other stars, as in A*, are not taken for it."""
    parts = _EMPHASIS.split(text)
    plain = [part.replace("*", "\\*") for part in parts[::2]]
    strong = [f"*{part}*" for part in parts[1::2]]
    return "".join(a + b for a, b in zip(plain, [*strong, ""], strict=True))


def _number(x: float) -> str:
    whole = x == int(x) and abs(x) < 1e10  # noqa: PLR2004 (beyond that, powers of ten read better)
    return f"{int(x):,}" if whole else f"{x:g}"


def slot_link(slot: str) -> str:
    """A link between pages in docs/mechanisms."""
    return f"[{slot}]({slot}.md)"


def _links(names: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f"[{s}]({prefix}{s}.md)" for s in names)


def source_link(key: str) -> str:
    """A link to a source, named by an evidence row's id or a source's key."""
    rows = {o.id: o for o in case().evidence.observations}
    said = rows[key].claim if key in rows else ""
    source = case().evidence.source(rows[key].source if key in rows else key)
    hover = _cell(": ".join(filter(None, (source.publisher, said)))).replace('"', "”")
    return f'[{key}](<{source.url}> "{hover}")' if source.url else f"{key} ({source.publisher})"


def prior_text(prior: Prior) -> str:
    """A prior in words."""
    first, second = (_number(x) for x in prior.arguments[:2])
    text = {
        "fixed": f"{first}, fixed",
        "normal": f"normal, mean {first}, sd {second}",
        "lognormal": f"lognormal, median {first}, log-sd {second}",
        "beta": f"beta({first}, {second})",
        "uniform": f"uniform, {first} to {second}",
    }[prior.family]
    bounded = prior.family in ("normal", "lognormal")
    return text + (f", from {_number(prior.low)} to {_number(prior.high)}" if bounded else "")


# ── mechanism pages ───────────────────────────────────────────────────────────────────────────────


def mechanism_page(slot: str) -> str:
    """The page of one slot."""
    process = chosen(slot)
    text = Docstring.of(process)
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
        (code(name), _first_line(v), f"in `{CASE}`" if v is chosen(slot) else "")
        for name, v in slots()[slot].items()
    ]
    if slot == Ledger.slot:
        return ""
    naming = f"Each is a theory of the same thing. A case names one as `mechanisms.{slot}`."
    return f"## Variants\n\n{naming}\n\n" + table(("variant", "what it says", ""), rows)


def _first_line(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def _quantities_part(slot: str) -> str:
    rivals = slots()[slot]
    read = {n for v in rivals.values() for n in v.reads}
    written = {n for v in rivals.values() for n in v.writes}
    reads = [
        (*_described(n), _origin(n), _only(rivals, n, "reads")) for n in quantities() if n in read
    ]
    writes = [(*_described(n), _links(readers(n)), _kept(n)) for n in quantities() if n in written]
    head = ("quantity", "one for each", "unit", "meaning")
    reading = table((*head, "from", ""), reads)
    writing = table((*head, "read by", ""), writes)
    return (
        f"## What it reads, writes and draws\n\nIt reads\n\n{reading}\nand writes\n\n{writing}"
        + _draws_part(rivals)
    )


def _described(name: str) -> tuple[str, str, str, str]:
    q = quantities()[name]
    return code(name), q.axis, code(q.unit), q.meaning


def _origin(name: str) -> str:
    carried = quantities()[name].carried
    writer = writers().get(name)
    return f"{'last' if carried else 'this'} month, {slot_link(writer)}" if writer else ""


def _kept(name: str) -> str:
    return "kept in results" if quantities()[name].kept else ""


def _only(rivals: Mapping[str, type[Process]], name: str, what: str) -> str:
    having = [v for v, process in rivals.items() if name in getattr(process, what)]
    return "" if len(having) == len(rivals) else "only " + _codes(having)


def _draws_part(rivals: Mapping[str, type[Process]]) -> str:
    draws: dict[Draw, list[str]] = {}
    for name, process in rivals.items():
        for one in process.draws:
            draws.setdefault(one, []).append(name)
    if not draws:
        return "\nIt draws no random numbers.\n"
    rows = [
        (
            code(d.name),
            d.kind,
            d.axis or "one number",
            "" if len(v) == len(rivals) else "only " + _codes(v),
        )
        for d, v in draws.items()
    ]
    return "\nEvery step it draws\n\n" + table(("draw", "kind", "one for each", ""), rows)


def _parameters_part(slot: str) -> str:
    rivals = slots()[slot]
    specs = {f.name: f for v in rivals.values() for f in fields(v.Parameters)}
    having = {
        name: [k for k, v in rivals.items() if name in {f.name for f in fields(v.Parameters)}]
        for name in specs
    }
    parts = [f"## Parameters\n\nWith the priors of `{CASE}`. {PRIORS}"]
    for name, spec in specs.items():
        only = "" if len(having[name]) == len(rivals) else f" Only {_codes(having[name])}."
        parts.append(_parameter_part(f"{slot}.{name}", spec.metadata, only))
    return "\n".join(parts)


PRIORS = """\
Status: *measured*, a source counted it; *estimated*, derived from what sources say; *assumed*,
judgement. Sources are rows of the evidence, linked to where they are from; a link's title says what
was said.
"""


def _parameter_part(name: str, about: Mapping[str, str], only: str) -> str:
    each = f"one for each {about['axis'].replace('_', ' ')}" if about["axis"] else "one in all"
    unit = "A pure number" if about["unit"] == "dimensionless" else f"In {code(about['unit'])}"
    head = f"### `{name}`\n\n{_sentence(about['meaning'])}. {unit}, {each}.{only}\n\n"
    declared = case().parameters.get(name)
    if declared is None:
        return head + f"`{CASE}` has no prior for it.\n"
    rows = [_prior_row(member, prior) for member, prior in declared.priors.items()]
    if declared.otherwise is not None:
        rows.append(("all others", f"{_number(declared.otherwise)}, fixed", "", "", "", ""))
    members = "member" if about["axis"] else ""
    return head + table((members, "prior", "unit", "status", "sources", "note"), rows)


def _prior_row(member: str, prior: Prior) -> Row:
    sources = ", ".join(source_link(key) for key in prior.sources)
    return code(member), prior_text(prior), code(prior.unit), prior.status, sources, prior.note


def _levers_part(slot: str) -> str:
    moving = [v for v in case().spec.levers if any(t.startswith(f"{slot}.") for t in v.targets)]
    rows = [
        (code(v.name), v.description, _codes(t for t in v.targets if t.startswith(f"{slot}.")))
        for v in moving
    ]
    return (
        f"## Levers of `{CASE}` that act on it\n\n{table(('lever', 'what it is', 'acts on'), rows)}"
        if rows
        else ""
    )


# ── the month's plan ──────────────────────────────────────────────────────────────────────────────


def plan_page() -> str:
    """The mechanisms in order, and who waits for whom."""
    waits = {
        process.slot: {writers()[n] for n in process.reads if not quantities()[n].carried}
        for process in model().plan
    }
    rows = []
    for number, process in enumerate(model().plan, start=1):
        text = Docstring.of(type(process))
        rows.append(
            (
                str(number),
                slot_link(process.slot),
                code(process.variant),
                text.claim,
                _links(_ordered(waits[process.slot])),
            )
        )
    head = ("", "mechanism", f"variant in `{CASE}`", "what it is about", "needs, this month")
    layers = f"```text\n{_layers(waits)}```\n"
    return f"# The month's plan\n\n{NOTICE}{PLAN}\n{table(head, rows)}\n{LAYERS}\n{layers}"


PLAN = """\
One month is one step. Each mechanism is a pure function of last month's world, of what earlier
mechanisms have written into this month, of its parameters and of its own random numbers. It says
what it reads and what it writes. The engine orders the mechanisms so that each comes after those
whose flows of the same month it needs, and refuses a case in which two write one quantity or two
wait for each other. Goods move only where the ledger clears what others requested.
"""

LAYERS = """\
Mechanisms on one line do not need each other within the month; each needs something from a line
above.
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


# ── quantities, the command line, the case ────────────────────────────────────────────────────────


def quantities_page() -> str:
    """Every quantity of the world and of the month, and the axes."""
    head = ("quantity", "one for each", "unit", "meaning", "written by", "read by", "")
    rows = {
        carried: [
            (
                *_described(n),
                _links([writers()[n]], "mechanisms/"),
                _links(readers(n), "mechanisms/"),
                _kept(n),
            )
            for n, q in quantities().items()
            if q.carried == carried
        ]
        for carried in (True, False)
    }
    labels = model().axes.labels
    axes = [(code(a), str(len(members)), _some(members)) for a, members in labels.items() if a]
    parts = [
        f"# Quantities\n\n{NOTICE}{QUANTITIES}",
        f"## Carried from month to month\n\n{table(head, rows[True])}",
        f"## Of one month\n\n{table(head, rows[False])}",
        f"## Axes\n\nLabels come from the case; those of `{CASE}`:\n",
        table(("axis", "labels", "such as"), axes),
    ]
    return "\n".join(parts)


QUANTITIES = """\
`{good}` stands for the unit of the good that an account or a tie holds. *Kept in results* marks
what `servanda.run` and run folders hold; metrics, series and charts name one member of these as
`stock[RUS.shells]`.
"""


def _some(members: Sequence[str], most: int = 4) -> str:
    return _codes(members[:most]) + (", …" if len(members) > most else "")


def cli_page() -> str:
    """The command line's own help."""
    if find_spec("servanda.cli") is None:
        return f"# Command line\n\n{NOTICE}`servanda --help` lists the commands.\n"
    app = import_module("servanda.cli").app
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="servanda")
    text = get_docs_for_click(obj=command, ctx=context, name="servanda", title="Command line")
    # the list of commands cuts their help short, and each has a part of its own below
    text = re.sub(r"\*\*Commands\*\*:\n\n(?:\* .*\n)+\n", "", text)
    return text.replace("# Command line\n\n", f"# Command line\n\n{NOTICE}", 1).rstrip() + "\n"


def case_page() -> str:
    """What can be asked of the shipped case: levers, metrics, series, biases."""
    spec = case().spec
    levers = [
        (
            code(v.name),
            v.description,
            f"{_number(v.low)} to {_number(v.high)}",
            _codes(v.choices),
            ACTS[v.acts],
        )
        for v in spec.levers
    ]
    metrics = [
        (code(m.name), m.label, code(m.unit), code(m.quantity), m.reduce, f"{m.since} to {m.until}")
        for m in spec.metrics
    ]
    series = [_series_row(s) for s in case().evidence.series if s.quantitative]
    parts = [
        f"# The case {spec.name}\n\n{NOTICE}**{spec.title}.** {_cell(spec.summary)}\n",
        f"From {spec.start} to {spec.horizon}, cut at {spec.as_of}.\n",
        "## Levers\n\nChanges to parameters. A lever at rest changes no bit.\n",
        table(("lever", "what it is", "from, to", "choices", "acts"), levers),
        "## Metrics\n\nOne number a run.\n",
        table(("metric", "what it is", "unit", "quantity", "reduced by", "over"), metrics),
        "## Series\n\nWhat the record counts of what is modelled, and figures known by the cut.\n",
        table(("series", "what is counted", "unit", "counted as", "observes", "figures"), series),
        f"## Source biases\n\n{BIASES}\n{_parameter_part('observation.bias', BIAS, '')}",
    ]
    return "\n".join(parts)


ACTS = {"throughout": "throughout", "after_as_of": "after the cut"}
BIASES = """\
What a class of sources counts, as a multiple of what the reference class of the same series would.
Only such ratios are identified: a bias shared by all sources of a series would not show.
"""
BIAS = {
    "axis": "bias",
    "unit": "dimensionless",
    "meaning": "what the class counts over what there is",
}


def _series_row(series: Series) -> Row:
    known = len(case().known.of(series.name))
    counting = series.counting.replace("_", " ")
    return (
        code(series.name),
        series.label,
        code(series.unit),
        counting,
        _codes(series.observes),
        str(known),
    )


# ── generated parts of hand-written pages ─────────────────────────────────────────────────────────


def keys_part(name: str) -> str:
    """What a record of the case format is, and its keys."""
    rows = [(code(key), *rest) for key, *rest in case_keys.keys(name)]
    head = ("key", "takes", "if left out", "meaning")
    return f"**{name}.** {case_keys.about(name)}\n\n{table(head, rows)}"


def navigation_part() -> str:
    """The mechanisms' entries of mkdocs.yml."""
    lines = [f"      - {Docstring.of(chosen(s)).title}: mechanisms/{s}.md\n" for s in slots()]
    return "      - The month's plan: mechanisms/index.md\n" + "".join(lines)


def left_out_part() -> str:
    """What each mechanism says it leaves out."""
    rows = [(f"[{s}](mechanisms/{s}.md)", Docstring.of(chosen(s)).left_out) for s in slots()]
    return table(("mechanism", "leaves out"), [r for r in rows if r[1]])


def not_modelled_part() -> str:
    """What the case says it does not model."""
    return "".join(f"- {text}\n" for text in case().spec.not_modelled)


def effects_part() -> str:
    """Real income by actor, regime and elasticity with all measures, at central severity."""
    rows = read_effects(case().folder / "trade_effects.csv")
    last = max(row.since for row in rows)
    knots = case_elasticities()
    rows = [
        r
        for r in rows
        if r.since == last and r.severity == 0 and r.regime != "none" and r.elasticity in knots
    ]
    columns = list(dict.fromkeys((r.regime, r.elasticity) for r in rows))
    change = {(r.actor, r.regime, r.elasticity): 100 * r.real_income_change for r in rows}
    head = ["actor", *(f"{regime}, σ = {s:g}" for regime, s in columns)]
    actors = dict.fromkeys(r.actor for r in rows)
    return table(head, [[a, *(f"{change[a, *c]:+.2f}" for c in columns)] for a in actors])


def case_elasticities() -> tuple[float, ...]:
    """Low, central and high elasticity of the last sector."""
    return read_baseline(case().folder).elasticities[-1]


def variants_part() -> str:
    """What one regime does under other assumptions of the model, at the centre of every range."""
    baseline = read_baseline(case().folder)
    (regime,) = (r for r in read_regimes(case().folder / "regimes.toml") if r.name == "selective")
    sigma = np.array([[central for _, central, _ in baseline.elasticities]])
    economy = baseline.economy
    others = {
        "as in the case": baseline,
        "factors that move between sectors": replace(baseline, factors="mobile"),
        "closure `multiplicative`": replace(baseline, closure="multiplicative"),
        "closure `additive`": replace(baseline, closure="additive"),
        "closure `held-shares`, gegravity's": replace(baseline, closure="held-shares"),
    }
    for eta in (0.2, 1.0):
        changed = replace(economy, sector_elasticity=eta)
        others[f"η = {eta:g}"] = replace(baseline, economy=changed)
    for ratio in (1.8, 2.4):
        changed = economy.at_gross_output(ratio)
        others[f"gross output {ratio:g} times GDP"] = replace(baseline, economy=changed)
    of_income, rows = ("RUS", "PRK", "EU", "USA", "CHN"), []
    for name, one in others.items():
        found = take(regime, one, sigma, np.zeros(1))
        income = 100 * (found.income[0] - 1)
        cells = [f"{income[economy.countries.index(code)]:+.3f}" for code in of_income]
        trade = _russian_trade(one.economy.flows, found.flows[0], economy.countries)
        rows.append((name, *cells, *trade))
    of_trade = ("Russia's exports", "its imports", "those from China")
    return table(("assumption", *of_income, *of_trade), rows)


def _russian_trade(before: Any, after: Any, countries: Row) -> list[str]:
    """Change of Russia's exports, imports, and imports from China, in percent."""
    russia, china = countries.index("RUS"), countries.index("CHN")
    away = np.arange(len(countries)) != russia
    old, new = (
        (flows[russia, away].sum(), flows[away, russia].sum(), flows[china, russia])
        for flows in (before.sum(axis=0), after.sum(axis=0))
    )
    return [f"{100 * (now / then - 1):+.0f}" for then, now in zip(old, new, strict=True)]


def results_part(part: Callable[[Any], str]) -> Callable[[], str]:
    """A part made of what the record said of rerouting."""
    return lambda: part(read_results(DOCS / "rerouting_results.toml"))


def claims_part() -> str:
    """The claims of the case, by system."""
    rows = [(c.system, code(c.slug), c.text, c.test.kind) for c in case().claims]
    return table(("system", "claim", "what it says", "test"), sorted(rows, key=lambda r: r[0]))


PARTS: Mapping[str, Callable[[], str]] = {
    "navigation": navigation_part,
    "left out": left_out_part,
    "not modelled": not_modelled_part,
    "trade effects": effects_part,
    "trade variants": variants_part,
    "rerouting": results_part(rerouting_part),
    "substitution": results_part(substitution_part),
    "evasion priors": results_part(priors_part),
    "claims": claims_part,
}
_PART = re.compile(
    r"(?P<begin>^[ ]*(?:<!--|#) generated: (?P<name>[^\n]+?)(?: -->)?\n)"
    r".*?(?P<end>^[ ]*(?:<!--|#) end of generated(?: -->)?\n)",
    re.DOTALL | re.MULTILINE,
)


def filled(text: str) -> str:
    """A text with its generated parts written afresh."""

    def part(found: re.Match[str]) -> str:
        name = found["name"]
        body = (
            keys_part(name.removeprefix("keys of "))
            if name.startswith("keys of ")
            else PARTS[name]()
        )
        space = "\n" if found["begin"].startswith("<!--") else ""
        return found["begin"] + space + body + space + found["end"]

    return _PART.sub(part, text)


# ── all of it ─────────────────────────────────────────────────────────────────────────────────────


def wanted() -> dict[Path, str]:
    """Every page that is generated, or has a generated part, as it should be."""
    whole = {DOCS / "mechanisms" / f"{slot}.md": mechanism_page(slot) for slot in slots()}
    whole |= {
        DOCS / "mechanisms" / "index.md": plan_page(),
        DOCS / "quantities.md": quantities_page(),
        DOCS / "cli.md": cli_page(),
        DOCS / f"{CASE}.md": case_page(),
    }
    by_hand = [CONFIG, *(p for p in sorted(DOCS.glob("*.md")) if p not in whole)]
    return whole | {path: filled(path.read_text(encoding="utf-8")) for path in by_hand}


def main() -> int:
    """Write what is stale, or only name it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a page is stale"
    )
    check = parser.parse_args().check
    pages = wanted()
    stale = [
        p for p, text in pages.items() if not p.is_file() or p.read_text(encoding="utf-8") != text
    ]
    orphans = [p for p in sorted((DOCS / "mechanisms").glob("*.md")) if p not in pages]
    names = ", ".join(str(p.relative_to(CONFIG.parent)) for p in (*stale, *orphans))
    if check:
        if names:
            print(
                f"stale: {names}\n  hint: run docs/generate.py and look at what changed",
                file=sys.stderr,
            )
        return 1 if names else 0
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(pages[path], encoding="utf-8")
    for path in orphans:
        path.unlink()
    print(f"written: {names}" if names else "nothing was stale")
    return 0


if __name__ == "__main__":
    sys.exit(main())
