"""Calibration: the posterior of parameters, shocks and discrepancies, learned from the record."""
