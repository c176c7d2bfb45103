"""The briefing: the results of a run on one HTML page, which opens offline and can be printed."""
