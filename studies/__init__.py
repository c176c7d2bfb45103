"""Studies: fits to the record that give the shipped case its priors and its baseline.

The studies are outside the package, because they are about this record and these countries; running
a case does not need them. Each prints or writes what the documentation quotes:
`python -m studies.NAME`.
"""
