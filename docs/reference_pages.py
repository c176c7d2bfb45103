"""The pages of quantities, of the command line, and of the shipped case."""

import re
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

import typer
from markup import NOTICE, Row, cell, code, codes, links, number_text, table
from mechanism_pages import WIDER, described, kept, parameter_part
from shipped import CASE, case, model, quantities, readers
from typer.cli import get_docs_for_click

from servanda.case import Series
from servanda.case.schema import Metric
from servanda.world.ranges import POSITIVE


def quantities_page() -> str:
    """All quantities, carried and monthly, and the axes."""
    head = (
        "quantity",
        "one for each",
        "unit",
        "meaning",
        "written by",
        "read by",
        "kept in results",
    )
    rows = {
        carried: [
            (
                *described(n),
                links([q.slot], "mechanisms/"),
                links(readers(n), "mechanisms/"),
                kept(n),
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
        f"## Axes\n\nLabels come from the case. In `{CASE}`:\n",
        table(("axis", "labels", "examples"), axes),
    ]
    return "\n".join(parts)


QUANTITIES = """\
`{good}` stands for the unit of the good of an account or a tie. *Kept in results* marks the
quantities that `servanda.run` returns and run folders hold. Metrics, series and charts name one
member of such a quantity as `stock[RUS.shells]`.
"""


def _some(members: Sequence[str], most: int = 4) -> str:
    return codes(members[:most]) + (", …" if len(members) > most else "")


def cli_page() -> str:
    """The command line's own help."""
    if find_spec("servanda.cli") is None:
        return f"# Command line\n\n{NOTICE}`servanda --help` lists the commands.\n"
    app = import_module("servanda.cli.commands").app
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="servanda")
    text = get_docs_for_click(obj=command, ctx=context, name="servanda", title="Command line")
    # the list of commands shortens their help, and each command has a section below
    text = re.sub(r"\*\*Commands\*\*:\n\n(?:\* .*\n)+\n", "", text)
    return text.replace("# Command line\n\n", f"# Command line\n\n{NOTICE}", 1).rstrip() + "\n"


def case_page() -> str:
    """Levers, metrics, series and source biases of the shipped case."""
    spec = case().spec
    levers = [
        (
            code(v.name),
            v.description,
            f"{number_text(v.low)} to {number_text(v.high)}",
            codes(v.choices),
            ACTS[v.acts],
        )
        for v in spec.levers
    ]
    metrics = [
        (code(m.name), m.label, code(m.unit), *_reduced(m), f"{m.since} to {m.until}")
        for m in spec.metrics
    ]
    series = [_series_row(s) for s in case().evidence.series if s.quantitative]
    parts = [
        f"# The case {spec.name}\n\n{NOTICE}**{spec.title}.** {cell(spec.summary)}\n",
        f"From {spec.start} to {spec.horizon}; the evidence cut-off is {spec.as_of}.\n",
        "## Levers\n\nA lever changes parameters. At its resting value it changes no bit.\n",
        table(("lever", "what it is", "from, to", "choices", "acts"), levers),
        "## Metrics\n\nA metric is one number a run.\n",
        table(("metric", "what it is", "unit", "quantity", "reduced by", "over"), metrics),
        "## Series\n\nSeries that the model observes, and the figures known at the cut-off.\n",
        table(("series", "what is counted", "unit", "counted as", "observes", "figures"), series),
        f"## Source biases\n\n{BIASES}\n{parameter_part('observation.bias', BIAS, '')}",
    ]
    return "\n".join(parts)


def _reduced(metric: Metric) -> tuple[str, str]:
    """What a metric reduces, and how."""
    quantity = code(metric.quantity) + (f" less {code(metric.less)}" if metric.less else "")
    if metric.over:
        quantity += f" over {codes(metric.over)}"
    above = "" if metric.above is None else f", above {number_text(metric.above)}"
    return quantity, metric.reduce.replace("_", " ") + above


ACTS = {"throughout": "throughout", "after_as_of": "after the cut-off"}
BIASES = f"""\
A bias is what a class of sources counts, as a multiple of what the reference class of the same
series would count. Only such ratios are identified. A bias that all sources of a series share would
not show. {WIDER}"""
BIAS = {
    "within": POSITIVE,
    "axis": "bias",
    "unit": "dimensionless",
    "meaning": "count of the class over the true count",
}


def _series_row(series: Series) -> Row:
    known = len(case().known.of(series.name))
    counting = series.counting.replace("_", " ")
    return (
        code(series.name),
        series.label,
        code(series.unit),
        counting,
        codes(series.observes),
        str(known),
    )
