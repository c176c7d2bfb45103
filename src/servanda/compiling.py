"""How XLA, the compiler of JAX, is asked to compile the programs of Servanda.

A simulation is one long program of many small operations, each used once. XLA's newer generator of
machine code (jaxlib 0.10) fuses them into fewer and harder pieces. The older one compiles
`russia-dprk` in two thirds of the time and of the memory, and the program runs a fifth faster. A
model of four mechanisms runs a quarter slower. (Found by running `make bench` with each in turn.)
The two differ in the last digits of a result, so all programs take the same one.
"""

COMPILER_OPTIONS = {"xla_cpu_use_fusion_emitters": False}
