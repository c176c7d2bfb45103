"""What each slot carries from month to month and makes of a month: one file, two records, a slot.

They stand below all theories, so that a theory of one slot can read the records of any other.
"""
