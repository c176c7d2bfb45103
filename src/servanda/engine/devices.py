"""One JAX device for each core, so that chunks run in parallel."""

import os

import jax


def use_every_core() -> None:
    """Ask JAX for one CPU device for each core; no effect if JAX has already started."""
    try:
        jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)  # type: ignore[no-untyped-call]
    except RuntimeError:
        # JAX fixes the number at its first computation. Results do not depend on it.
        return
