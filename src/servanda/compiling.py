"""How XLA, the compiler of JAX, is asked to compile the programs of Servanda.

A simulation is one long program of many small operations, each used once. XLA's newer generator of
machine code (jaxlib 0.10) fuses them into fewer and harder pieces. The older one compiles
`russia-dprk` in two thirds of the processor's time, and the program runs a quarter faster
(`make bench`). The two differ in the last digits of a result, so all programs take the same one.
"""

COMPILER_OPTIONS = {"xla_cpu_use_fusion_emitters": False}
