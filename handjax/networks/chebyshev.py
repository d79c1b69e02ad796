"""Chebyshev graph convolution, and pooling and upsampling along a tree of graphs.

Layout is (batch, nodes, features); node i of one graph of a tree has the children 2i
and 2i + 1 of the next finer one, see `geometry.graphs`.

Notation, shared by every function here and by the tests:
    L: rescaled Laplacian 2L / lambda_max - I, a `geometry.graphs.Graph`, symmetric.
    f: features, (batch, nodes, inputs).
    theta: parameters of each degree, (K, inputs, features), theta_k.
    T_k: Chebyshev polynomial of degree k: 1, x, 2x T_{k-1} - T_{k-2}.

At 1280 nodes "gather" takes a CPU a third to an eighth of the work of "dense"
(`benchmarks/chebyshev.py --work`); on an accelerator neither has been measured.

[ge2019]: Ge et al., 3D hand shape and pose estimation from a single RGB image.
"""

from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float

from handjax.geometry.graphs import Graph

PRODUCTS = ("gather", "dense")
"""gather: sums of the rows of f that have an edge. dense: one matrix product over
(nodes, batch x features)."""
DEFAULTS = {"cpu": "gather"}
"""The faster on each backend that was measured; "dense" on others."""


def product(
    L: Graph, f: Float[Array, "batch nodes channels"], *, by: str | None = None
) -> Float[Array, "batch nodes channels"]:
    """L f, for every example.

    L is symmetric, so that the gradient is another product: it gathers too, where JAX
    would turn each gather into a scatter. There is none to L itself, and no forward
    mode.

    Args:
        L: constant.
        f: features.
        by: one of `PRODUCTS`, or None for the backend's own of `DEFAULTS`.
    """
    by = by or DEFAULTS.get(jax.default_backend(), "dense")
    if by not in PRODUCTS:
        wanted = ", ".join(PRODUCTS)
        raise ValueError(f"no product is called {by!r}; choose one of {wanted}")
    if len(L.weights) != f.shape[1]:
        raise ValueError(
            f"a graph of {len(L.weights)} nodes wants features of as many, got "
            f"{f.shape}; upsample or pool them first"
        )
    plain = partial({"gather": _gather, "dense": _dense}[by], L)
    apply = jax.custom_vjp(plain)
    apply.defvjp(lambda f: (apply(f), None), lambda _, slope: (apply(slope),))
    return apply(f)


def _gather(L, f):
    rows = partial(_gather_rows, L)
    if jax.default_backend() != "cpu":
        return jax.vmap(rows)(f)
    # An example's features fit a core's cache. What counts more, XLA would fuse one
    # product into the next and work it out anew for each neighbour, ten times over; it
    # fuses nothing into a loop.
    return jax.lax.map(rows, f)


def _gather_rows(L, f):
    weights = jnp.asarray(L.weights, f.dtype)
    # Written out, one column of neighbours a term, this becomes one pass that stores
    # the sum only; an einsum would first store every neighbour of every node.
    terms = (
        weights[:, k, None] * f[L.neighbours[:, k]] for k in range(weights.shape[1])
    )
    return sum(terms, start=jnp.zeros((), f.dtype))


def _dense(L, f):
    batch, nodes, channels = f.shape
    rows = f.swapaxes(0, 1).reshape(nodes, batch * channels)
    out = jnp.asarray(matrix(L), f.dtype) @ rows
    return out.reshape(nodes, batch, channels).swapaxes(0, 1)


def matrix(L: Graph) -> Float[np.ndarray, "nodes nodes"]:
    """L with all its zeros; on the host."""
    nodes = len(L.weights)
    out = np.zeros((nodes, nodes), np.float32)
    np.add.at(out, (np.arange(nodes)[:, None], L.neighbours), L.weights)
    return out


def convolve(
    L: Graph,
    f: Float[Array, "batch nodes inputs"],
    theta: Float[Array, "K inputs features"],
    *,
    by: str | None = None,
) -> Float[Array, "batch nodes features"]:
    """Graph convolution by Chebyshev polynomials of the Laplacian.

        f_out = sum_{k < K} T_k(L) f theta_k

    Products with L commute with those with theta: they are made on the side with fewer
    channels out or in, by Clenshaw's recurrence after theta or by T_k's before it.

    Args:
        L: constant.
        f: features; those of fake nodes reach no other node.
        theta: a node hears those that are at most K - 1 edges away.
        by: as of `product`.

    Source: [ge2019] Eq. (1).
    """
    times_L = partial(product, L, by=by)
    inputs, features = theta.shape[1:]
    if features <= inputs:
        return _theta_first(times_L, f, theta)
    return _theta_last(times_L, f, theta)


def _theta_last(times_L, f, theta):
    """T_k(L) f of all degrees side by side, times theta as one matrix."""
    terms = [f]
    for k in range(1, len(theta)):
        last = times_L(terms[-1])
        terms.append(last if k == 1 else 2.0 * last - terms[-2])
    rows = jnp.concatenate(terms, axis=-1)
    return _mix(rows, theta.reshape(-1, theta.shape[-1]))


def _theta_first(times_L, f, theta):
    """Clenshaw's recurrence for g_k = f theta_k.

    b_k = g_k + 2 L b_{k+1} - b_{k+2}, and g_0 + L b_1 - b_2 is the sum.
    """
    mixed = _mix(f, theta.transpose(1, 0, 2).reshape(theta.shape[1], -1))
    g, *higher = jnp.split(mixed, len(theta), axis=-1)
    if not higher:
        return g
    b, above = higher[-1], jnp.zeros_like(g)
    for term in reversed(higher[:-1]):
        b, above = term + 2.0 * times_L(b) - above, b
    return g + times_L(b) - above


def _mix(f, weights):
    """f times a matrix.

    Over rows of all examples in one: contracting examples and nodes as two axes makes
    the gradient to the matrix more than twice as slow on a CPU.
    """
    flat = f.reshape(-1, f.shape[-1]) @ weights
    return flat.reshape(*f.shape[:-1], weights.shape[-1])


class ChebyshevConv(nn.Module):
    """`convolve` with parameters of its own; 0 at fake nodes.

    Attributes:
        graph: whose Laplacian it is.
        features: channels out.
        orders: K.
        use_bias: add a number for each channel, which is not printed.
        by: as of `product`.
        kernel_init: of theta.

    Source: [ge2019] Eq. (1).
    """

    graph: Graph
    features: int
    orders: int = 3
    use_bias: bool = True
    by: str | None = None
    kernel_init: Any = nn.initializers.lecun_normal(in_axis=(0, 1), out_axis=2)

    @nn.compact
    def __call__(
        self, f: Float[Array, "batch nodes inputs"]
    ) -> Float[Array, "batch nodes features"]:
        shape = (self.orders, f.shape[-1], self.features)
        theta = self.param("theta", self.kernel_init, shape)
        f = convolve(self.graph, f, theta.astype(f.dtype), by=self.by)
        if self.use_bias:
            bias = self.param("bias", nn.initializers.zeros, (self.features,))
            f = f + bias.astype(f.dtype)
        return jnp.where(self.graph.real[:, None], f, 0.0)


def upsample(
    f: Float[Array, "batch nodes channels"], factor: int = 2
) -> Float[Array, "batch finer channels"]:
    """Every node's features handed to its children.

    Args:
        f: features; fake children of a real node have its features too.
        factor: 2 for the next finer graph, 4 for the one after it.

    Source: [ge2019] Section 4.2, Figure 5(b).
    """
    return jnp.repeat(f, factor, axis=1)


def pool_max(
    f: Float[Array, "batch nodes channels"], real: Bool[ArrayLike, "nodes"], factor: int
) -> Float[Array, "batch coarser channels"]:
    """The largest feature among the real children; 0 if there are none.

    Args:
        f: features.
        real: which nodes are not fake.
        factor: 2 for the next coarser graph, 4 for the one after it.
    """
    children, real = _families(f, real, factor)
    largest = jnp.max(jnp.where(real, children, -jnp.inf), axis=2)
    return jnp.where(jnp.any(real, axis=1), largest, 0.0)


def pool_mean(
    f: Float[Array, "batch nodes channels"], real: Bool[ArrayLike, "nodes"], factor: int
) -> Float[Array, "batch coarser channels"]:
    """The mean feature of the real children; 0 if there are none.

    Args:
        f: features.
        real: which nodes are not fake.
        factor: 2 for the next coarser graph, 4 for the one after it.
    """
    children, real = _families(f, real, factor)
    count = jnp.maximum(jnp.sum(real, axis=1), 1).astype(f.dtype)
    return jnp.sum(jnp.where(real, children, 0.0), axis=2) / count


def _families(f, real, factor):
    """Features as (batch, coarser, children, channels), and which children are real."""
    batch, nodes, channels = f.shape
    if nodes % factor:
        raise ValueError(f"{nodes} nodes have no whole families of {factor}")
    real = jnp.asarray(real).reshape(-1, factor, 1)
    return f.reshape(batch, -1, factor, channels), real
