"""How XLA compiles, in a third of the time, what runs only a few times."""

ONCE = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}
"""`compiler_options` of `jax.jit`."""

QUICK = "jax_disable_most_optimizations"
"""JAX's setting that asks for the same in all that is compiled from then on."""
