"""Timings of the engine, and two independent models of its core, which check its results."""
