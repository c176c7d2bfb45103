"""Moving the evidence cut-off of a case: which metrics and claims remain testable."""

from servanda.case.schema import CaseSpec, Claim, Test, Untestable, metric_span

_METRIC_KEYS = ("metric", "before", "after", "outcome", "given")


def moved(
    spec: CaseSpec, claims: tuple[Claim, ...], as_of: str
) -> tuple[CaseSpec, tuple[Claim, ...]]:
    """The case at another cut-off, without the metrics that then cover no month."""
    later = spec.model_copy(update={"as_of": as_of})
    spans = {metric: metric_span(later, metric) for metric in later.metrics}
    kept = tuple(metric for metric, (first, last) in spans.items() if first <= last)
    removed = {metric.name for metric in later.metrics} - {metric.name for metric in kept}
    return later.model_copy(update={"metrics": kept}), tuple(_testable(c, removed) for c in claims)


def _testable(claim: Claim, removed: set[str]) -> Claim:
    """The claim without the tests that need a missing metric."""
    accountings = {k: t for k, t in claim.accountings.items() if not _missing(t, removed)}
    test = claim.test
    if missing := _missing(test, removed):
        reason = f"metric '{missing[0]}' covers no month at this cut-off"
        test, accountings = Untestable(kind="untestable", reason=reason), {}
    return claim.model_copy(update={"test": test, "accountings": accountings})


def _missing(test: Test, removed: set[str]) -> list[str]:
    return [name for key in _METRIC_KEYS if (name := getattr(test, key, None)) in removed]
