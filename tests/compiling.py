"""How XLA compiles, in a third of the time, what runs only a few times."""

QUICK = "jax_disable_most_optimizations"
"""JAX's setting that asks for it in all that is compiled from then on."""
