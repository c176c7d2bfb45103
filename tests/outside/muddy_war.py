"""Tempo in the mud: a rival theory of the war in one file, which reads a slot from outside."""

from typing import final

from jaxtyping import Array, Float

from servanda.mechanisms.war import CappedByMen, PaceParameters
from servanda.world import Draw, parameter


@final
class MuddyParameters(PaceParameters):
    """Parameters of a tempo that mud slows."""

    slowing: Float[Array, "*run"] = parameter("", "dimensionless", "fall of log tempo in full mud")


@final
class MuddyTempo(CappedByMen):
    """The wetter the roads, the slower the war."""

    variant = "muddy-tempo"
    draws = (Draw("ceasefire"),)
    Parameters = MuddyParameters

    def _log_tempo(self, p, world, month, draws, clock):
        return p.initial_log_tempo - p.slowing * month.weather.mud
