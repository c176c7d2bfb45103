"""The briefing: what a run says, on one page that opens offline and prints."""

from servanda.report.page import brief

__all__ = ["brief"]
