"""Threefry-2x32: a random number for each key and counter, in any order and any company.

Twenty rounds, as in Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). It is
written with operators alone, so that NumPy and JAX arrays of `uint32` both go through it.
"""

from typing import Any

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def threefry(keys: tuple[Any, Any], counters: tuple[Any, Any]) -> tuple[Any, Any]:
    """Two random words for two of key and two of counter; arrays of `uint32` that broadcast."""
    k = (*keys, keys[0] ^ keys[1] ^ _PARITY)
    x, y = counters[0] + k[0], counters[1] + k[1]
    for group in range(5):
        for turn in _ROTATIONS[group % 2]:
            x = x + y
            y = ((y << turn) | (y >> (32 - turn))) ^ x
        x = x + k[(group + 1) % 3]
        y = y + k[(group + 2) % 3] + (group + 1)
    return x, y
