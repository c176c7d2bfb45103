"""Analysis: computes every figure that the terminal and the briefing show."""
