"""The quantities of each slot: each module has one record for the state and one for the flows.

Theories import these records and not each other, so a theory of one slot can read the quantities of
any other slot.
"""
