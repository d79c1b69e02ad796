"""Loss terms that several papers share, and how terms become one number."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from handjax.geometry import meshes


def smooth_l1(x: Float[Array, "*any"], beta: float = 1.0) -> Float[Array, "*any"]:
    """A parabola within beta, straight beyond, in the units of x.

    Source: Girshick, Fast R-CNN, ICCV 2015, Eq. (3), there with beta = 1.
    """
    size = jnp.abs(x)
    return jnp.where(size < beta, 0.5 * jnp.square(x) / beta, size - 0.5 * beta)


def laplacian(
    vertices: Float[Array, "vertices 3"], edges: Int[Any, "edges 2"]
) -> Float[Array, ""]:
    """Squared distance of vertices from the mean of their neighbours, mm^2; mean.

        L_lap = 1/V sum_v |m_v - 1/|N(v)| sum_{v' in N(v)} m_v'|^2

    Printed without a norm; squared in the released code and in its source, Liu et al.,
    Soft rasterizer, ICCV 2019.

    Args:
        vertices: of the posed surface, mm.
        edges: each once, see `geometry.meshes.edges`.

    Source: [moon2020] Sec. 6, L_lap.
    """
    rough = meshes.uniform_laplacian(vertices, edges)
    return jnp.mean(jnp.sum(jnp.square(rough), axis=-1))


def weigh(
    terms: Mapping[str, Float[Array, "..."]], weights: Mapping[str, float]
) -> Float[Array, "..."]:
    """The weighted sum of a phase's terms: what is minimised.

        sum_n weights[n] * terms[n]

    Args:
        terms: what the method measured, by name; of a batch, or of each of its hands.
        weights: how much of each; 0 leaves a term out, however steep it is.

    Raises:
        KeyError: a weight names a term that was not measured.

    Source: [wan2019] Eq. (4).
    """
    unknown = sorted(set(weights) - set(terms))
    if unknown:
        raise KeyError(f"weights name {unknown}, but the terms are {sorted(terms)}")
    total = jnp.zeros(())
    for name, weight in weights.items():
        # 0 times an infinite slope is NaN.
        total += weight * terms[name] if weight else 0.0
    return total
