"""Moving a case's cut: what can still be asked when less, or more, of time is history."""

from servanda.case.schema import CaseSpec, Claim, Test, Untestable, metric_span

_ASKS = ("metric", "before", "after", "outcome", "given")


def moved(
    spec: CaseSpec, claims: tuple[Claim, ...], as_of: str
) -> tuple[CaseSpec, tuple[Claim, ...]]:
    """The case at another cut, without the metrics that it leaves no months."""
    later = spec.model_copy(update={"as_of": as_of})
    spans = {metric: metric_span(later, metric) for metric in later.metrics}
    kept = tuple(metric for metric, (first, last) in spans.items() if first <= last)
    gone = {metric.name for metric in later.metrics} - {metric.name for metric in kept}
    return later.model_copy(update={"metrics": kept}), tuple(_testable(c, gone) for c in claims)


def _testable(claim: Claim, gone: set[str]) -> Claim:
    """The claim as it can be tested without some metrics."""
    accountings = {k: t for k, t in claim.accountings.items() if not _missing(t, gone)}
    test = claim.test
    if missing := _missing(test, gone):
        reason = f"this cut leaves no months for '{missing[0]}'"
        test, accountings = Untestable(kind="untestable", reason=reason), {}
    return claim.model_copy(update={"test": test, "accountings": accountings})


def _missing(test: Test, gone: set[str]) -> list[str]:
    return [name for ask in _ASKS if (name := getattr(test, ask, None)) in gone]
