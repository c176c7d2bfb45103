"""Timings of the engine, and two independent models of its core that serve as oracles."""
