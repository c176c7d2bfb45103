"""The baseline flows without sanctions, from which the shipped case's regimes are solved.

`[build]` of the case's `trade_baseline.toml` describes the method (`spec`). Flows of 2014, summed
over regions, are the seed. The listed pairs are set to their level of 2021. All others are scaled
by row and column until every region's exports and imports are those of 2021 (biproportional
fitting: Deming and Stephan, Annals of Mathematical Statistics 11, 1940). Fuels are then separated
so that each region exports and imports the recorded fuels. The odds that a dollar from i to j is
fuels are a_i·b_j: of all splits with these totals, this one has no further association (`fitting`).
The output is the case's `trade_baseline.csv`, to three digits.
"""
