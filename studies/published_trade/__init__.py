"""Published results of trade models beside this project's: tables of docs/trade.md.

Two are compared: the border experiment of "An Advanced Guide to Trade Policy Analysis" (WTO and
UNCTAD 2016, chapter 2), as published, and gegravity (Herman 2021) on its own sample, as run.
"""
