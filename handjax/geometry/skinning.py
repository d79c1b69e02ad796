"""Linear blend skinning."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.geometry.precision import matmul


def linear_blend_skinning(
    vertices: Float[Array, "vertices 3"],
    weights: Float[Array, "vertices joints"],
    transforms: Float[Array, "joints 4 4"],
) -> Float[Array, "vertices 3"]:
    """Vertices carried along by joints, each by the weighted mean of their maps.

        v' = (sum_j w_j T_j) v

    Args:
        vertices: at rest, mm.
        weights: of each joint on each vertex, rows sum to one.
        transforms: posed_from_rest of each joint.

    Returns:
        The posed vertices, mm.

    Source: Magnenat-Thalmann et al. 1988; Lewis et al. 2000.
    """
    rows = transforms[:, :3].reshape(-1, 12)
    blended = matmul(weights, rows).reshape(-1, 3, 4)
    turned = jnp.sum(blended[..., :3] * vertices[:, None, :], axis=-1)
    return turned + blended[..., 3]
