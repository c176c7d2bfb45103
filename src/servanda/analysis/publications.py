"""The publications behind a model's numbers: those of its priors and of its table of trade effects.

Some publishers ask those who use their data to cite them. Figures of the record have a table of
their own; what enters through a prior or through the trade solver is cited from here.
"""

from collections.abc import Iterator

from servanda.analysis.sanctions import REGIMES
from servanda.engine import Model
from servanda.files import Record, read_toml, validated
from servanda.mechanisms.trade import EquilibriumTable
from servanda.trade.baseline import SPEC
from servanda.trade.citations import Publication


class _Sources(Record):
    """The part of a file of trade that is cited."""

    sources: dict[str, Publication]


def publications(model: Model) -> list[Publication]:
    """Every publication that a prior in use or the table of trade effects cites, by title.

    Of pages that one publisher has under one title, the first that is cited stands for all.

    Raises:
        CaseError: if a source in a file of trade is none.
    """
    found: dict[tuple[str, str], Publication] = {}
    with model.case.lines_shown():
        for one in (*_of_priors(model), *_of_trade(model)):
            found.setdefault((one.title.casefold(), one.publisher), one)
    return [found[named] for named in sorted(found)]


def _of_priors(model: Model) -> Iterator[Publication]:
    """A prior cites a source, or a row of evidence with a source."""
    evidence = model.case.evidence
    rows = {o.id: o.source for o in evidence.observations}
    sources = {s.key: s for s in evidence.sources}
    priors = (*(n.prior for n in model.parameters.values()), *model.case.biases.values())
    cited = (rows.get(name, name) for prior in priors for name in prior.sources)
    for key in dict.fromkeys(cited):  # not a set, whose order differs by process
        source = sources[key]
        yield Publication(title=source.title, publisher=source.publisher, url=source.url)


def _of_trade(model: Model) -> Iterator[Publication]:
    """The sources of the files that the table of trade effects is solved from, where it is read."""
    if not isinstance(model.theories.get("trade"), EquilibriumTable):
        return
    for name in (SPEC, REGIMES):
        file = model.case.folder / name
        if file.is_file():
            sources = read_toml(file).get("sources", {})
            yield from validated(_Sources, {"sources": sources}, name).sources.values()
