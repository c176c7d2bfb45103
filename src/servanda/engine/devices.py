"""One device a core, so that chunks run side by side."""

import os

import jax


def use_every_core() -> None:
    """Ask JAX for one CPU device a core; nothing happens if JAX has already started."""
    try:
        jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)  # type: ignore[no-untyped-call]
    except RuntimeError:
        # fixed once a computation has run; chunks give the same bits on any number of devices
        return
