"""Is the sampler right? Simulation-based calibration of the posterior that `servanda` learns.

Unknowns are drawn from their priors, and figures are simulated from them with the project's own
sampling code (`servanda.observation.sample`). The sampler learns a posterior from these figures.
Among independent draws of a right posterior the true value of each unknown has every rank equally
often (Talts, Betancourt, Simpson, Vehtari and Gelman, "Validating Bayesian Inference Algorithms
with Simulation-Based Calibration", 2018). So has the log likelihood of the truth, which also moves
with faults that leave the ranks of all unknowns as they are (Modrák and others, "Simulation-Based
Calibration Checking for Bayesian Computation", Bayesian Analysis, 2023).

    python -m studies.sbc [COUNT] [--out FILE]
"""
