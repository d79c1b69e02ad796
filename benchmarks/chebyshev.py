"""The Chebyshev layer of [ge2019] by sparse and by dense products.

    python benchmarks/chebyshev.py [--batch 32] [--repeats 20] [--work]

Prints milliseconds of `networks.chebyshev.convolve`, K = 3, on the finest graph of
`hand_1000`, 1280 nodes, and of its value with the gradients to features and theta, in
one run: the product by rows gathered, by the full matrix, and besides both
    as printed: the full matrix, T_k(L) f first and theta then, for any number of
        channels, differentiated by JAX.
`--work` counts processor time over all cores: neighbours on the machine touch it less.
"""

import argparse
import os
import time
from functools import partial

import jax
import jax.numpy as jnp
import timing

from handjax.geometry.graphs import Graph
from handjax.hands.graph import load_tree
from handjax.networks import chebyshev

ORDERS = 3
CHANNELS = ((64, 32), (32, 32), (32, 3))


def as_printed(L: Graph, f: jax.Array, theta: jax.Array) -> jax.Array:
    matrix = jnp.asarray(chebyshev.matrix(L))
    terms = [f, jnp.einsum("mn,bnc->bmc", matrix, f)]
    for _ in range(ORDERS - 2):
        last = jnp.einsum("mn,bnc->bmc", matrix, terms[-1])
        terms.append(2.0 * last - terms[-2])
    return jnp.concatenate(terms, axis=-1) @ theta.reshape(-1, theta.shape[-1])


def layers(L: Graph):
    """All ways to make the layer, by name."""
    ways = {by: partial(chebyshev.convolve, L, by=by) for by in chebyshev.PRODUCTS}
    return ways | {"as printed": partial(as_printed, L)}


def gradient(layer, f: jax.Array, theta: jax.Array):
    """The layer's value and its gradient."""

    def loss(f, theta):
        return jnp.sum(jnp.square(layer(f, theta)))

    return jax.value_and_grad(loss, (0, 1))(f, theta)


def measure(inputs: int, features: int, batch: int, how: dict) -> None:
    """One row forward and one with the gradient."""
    L = load_tree("hand_1000").graphs[0]
    keys = jax.random.split(jax.random.key(0))
    f = jax.random.normal(keys[0], (batch, len(L.weights), inputs))
    theta = jax.random.normal(keys[1], (ORDERS, inputs, features))
    ways = layers(L)
    for title, of in (("forward", None), ("with gradient", gradient)):
        made = {n: partial(of, way) if of else way for n, way in ways.items()}
        jitted = {name: jax.jit(call) for name, call in made.items()}
        calls = {name: partial(call, f, theta) for name, call in jitted.items()}
        ms = {n: 1e3 * s for n, s in timing.fastest(calls, **how).items()}
        row = f"{f'{inputs} to {features}, {title}':26}"
        print(row + "".join(f"{ms[name]:12.2f}" for name in ways), end="")
        print(f"{ms['dense'] / ms['gather']:9.1f}x", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--work", action="store_true")
    args = parser.parse_args()
    clock = time.process_time if args.work else time.perf_counter
    how = {"repeats": args.repeats, "clock": clock}
    print(f"{jax.devices()[0].device_kind}, {os.cpu_count()} cores, batch {args.batch}")
    names = (*chebyshev.PRODUCTS, "as printed")
    heads = "".join(f"{name:>12}" for name in names)
    print(f"{'ms':26}{heads}  dense/gather")
    for inputs, features in CHANNELS:
        measure(inputs, features, args.batch, how)


if __name__ == "__main__":
    main()
