"""Studies: fits to the record that feed the shipped case's priors, its baseline and these pages.

They stand outside the package, since they are about this record and these countries: nobody needs
them to run a case. Each prints or writes what the documentation quotes: `python -m studies.NAME`.
"""
