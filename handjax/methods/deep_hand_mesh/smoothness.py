"""What keeps a surface in order that nobody has measured: in mm^2."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from handjax.geometry import meshes


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


def size(corrective: Float[Array, "*rows 3"]) -> Float[Array, ""]:
    """Squared length of a corrective's rows, mm^2; mean.

    An L2 norm, printed without a formula or a weight, for templates of low resolution:
    one term for each of the three correctives.

    Source: [moon2020] Sec. 15.
    """
    return jnp.mean(jnp.sum(jnp.square(corrective), axis=-1))
