"""Published results of trade models compared with this project's: tables of docs/trade.md.

The study compares two: the border experiment of "An Advanced Guide to Trade Policy Analysis" (WTO
and UNCTAD 2016, chapter 2), as published, and gegravity (Herman 2021), run on its own sample.
"""
