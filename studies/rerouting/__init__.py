"""How much sanctioned trade was won back by other ways, compared with two records.

`neighbours` fits exports to Russia's neighbours (`record`). `scores` forecasts them from rolling
origins and compares the forecasts with simpler rivals. `leakage` estimates the share of the loss
that was won back. `substitution` does the same for products under the embargo on North Korea. The
recursions are those of the evasion mechanism (`diversion`), fitted by quadrature (`fit`) from
`priors`. The study uses totals only. `results` is everything that is reported, and `tables` makes
the tables of the documentation.
"""
