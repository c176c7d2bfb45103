"""How much of what sanctions took came round another way, held against two records.

`neighbours` fits exports to Russia's neighbours (`record`), `scores` forecasts them from
rolling origins beside simpler rivals, and `leakage` says what share of the loss came back;
`substitution` asks the same of products under the embargo on North Korea. The recursions are those
of the evasion mechanism (`diversion`), fitted by quadrature (`fit`) from `priors`. Only totals are
used. `results` is all that is reported, `tables` what the documentation shows of it.
"""
