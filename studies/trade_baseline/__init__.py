"""The world without sanctions, from which the shipped case's regimes are solved.

`[build]` of the case's `trade_baseline.toml` says how (`spec`). Flows of 2014, summed over regions,
are the seed; the pairs listed there are put at their level of 2021; all others are scaled by row
and column until every region's exports and imports are those of 2021 (biproportional fitting:
Deming and Stephan, Annals of Mathematical Statistics 11, 1940). Fuels are then split off so that
each region sells and buys the fuels that are recorded, with odds a_i·b_j of a dollar from i to j
being fuels: of all splits with these totals the one without further association (`fitting`).
Output is the case's `trade_baseline.csv`, to three digits.
"""
