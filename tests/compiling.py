"""How XLA compiles what runs only once or twice."""

ONCE = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}
"""`compiler_options` of `jax.jit` that take a third of the time."""
