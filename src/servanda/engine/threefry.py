"""Threefry-2x32: a random number that depends only on a key and a counter.

Twenty rounds, as in Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). It
uses only operators, so that it accepts NumPy and JAX arrays of `uint32`.
"""

from typing import Any

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def threefry(keys: tuple[Any, Any], counters: tuple[Any, Any]) -> tuple[Any, Any]:
    """Two random words from two words of key and two of counter (`uint32`, broadcast)."""
    k = (*keys, keys[0] ^ keys[1] ^ _PARITY)
    x, y = counters[0] + k[0], counters[1] + k[1]
    for group in range(5):
        for turn in _ROTATIONS[group % 2]:
            x = x + y
            y = ((y << turn) | (y >> (32 - turn))) ^ x
        x = x + k[(group + 1) % 3]
        y = y + k[(group + 2) % 3] + (group + 1)
    return x, y
