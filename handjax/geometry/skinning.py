"""Linear blend skinning."""

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
    # Coordinates first, vertices last: the blended maps then vectorise over vertices.
    entries = transforms[:, :3].reshape(-1, 12).T
    blended = matmul(entries, weights.T).reshape(3, 4, -1)
    turned = sum(blended[:, axis] * vertices[:, axis] for axis in range(3))
    return (turned + blended[:, 3]).T
