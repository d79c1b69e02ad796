"""Terms that compare with labels, fully supervised: Eqs. (2) to (6).

Each is the paper's sum over one hand in cm, divided by the number of its vertices:
weights are then as printed, whatever the mesh, and a term is about a mean over it. The
mean over the batch is taken last.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from handjax.geometry import meshes
from handjax.hands.template import Template

CM = 10.0
"""mm. The paper prints no unit; its released code reads and says cm."""
SIZE = 64
"""Edge of heat-maps. Source: [ge2019] Sec. 4.1."""


class Mesh(NamedTuple):
    """What terms ask of the template.

    Attributes:
        faces: of the surface.
        edges: each once.
    """

    faces: Int[Array, "faces 3"]
    edges: Int[np.ndarray, "edges 2"]


def mesh_of(template: Template) -> Mesh:
    """Faces and edges of a template."""
    return Mesh(template.faces, meshes.edges(template.faces))


def heatmap_error(
    found: list[Float[Array, "batch p q 21"]],
    true: Float[Array, "batch p q 21"],
    count: int,
    valid: Bool[Array, "batch 21"] | None = None,
) -> Float[Array, ""]:
    """Squared differences, summed over joints and pixels; mean over the stacks.

    Maps of another size than the paper's count as much as they would at its own, lest
    small pictures make light of them.

    Args:
        found: of every stack.
        true: what they should be.
        count: vertices of the mesh, see above.
        valid: key points that are known; None for all.

    Source: [ge2019] Sec. 4.3, L_H.
    """
    as_many = (SIZE / true.shape[1]) ** 2 / len(true)
    known = 1.0 if valid is None else valid[:, None, None]
    each = [as_many * jnp.sum(known * jnp.square(h - true)) for h in found]
    return sum(each, start=jnp.zeros(())) / (len(each) * count)


def vertex_error(
    found: Float[Array, "batch vertices 3"],
    true: Float[Array, "batch vertices 3"],
    found_uv: Float[Array, "batch vertices 2"],
    true_uv: Float[Array, "batch vertices 2"],
    pixels: int,
) -> Float[Array, ""]:
    """Squared distances in space and in the picture.

    In the picture a length of 1 is a tenth of its edge: a hand is about 10 cm wide.

    Source: [ge2019] Eq. (2).
    """
    in_space = jnp.sum(jnp.square((found - true) / CM), axis=-1)
    in_picture = jnp.sum(jnp.square((found_uv - true_uv) * (10.0 / pixels)), axis=-1)
    return jnp.mean(in_space + in_picture)


def normal_error(
    found: Float[Array, "batch vertices 3"],
    true: Float[Array, "batch vertices 3"],
    mesh: Mesh,
) -> Float[Array, ""]:
    """How far estimated edges of each face leave the plane of the true one, squared.

    Source: [ge2019] Eq. (3).
    """
    normals = jax.vmap(meshes.face_normals, (0, None))(true, mesh.faces)
    corners = found[:, mesh.faces]
    sides = (corners - jnp.roll(corners, 1, axis=2)) / CM
    out = jnp.einsum("bfsk,bfk->bfs", sides, normals)
    return jnp.sum(jnp.square(out)) / (len(found) * found.shape[1])


def edge_error(
    found: Float[Array, "batch vertices 3"],
    true: Float[Array, "batch vertices 3"],
    mesh: Mesh,
) -> Float[Array, ""]:
    """Squared differences of squared lengths of edges.

    Source: [ge2019] Eq. (4).
    """
    away = _squared_edges(found, mesh) - _squared_edges(true, mesh)
    return jnp.sum(jnp.square(away)) / (len(found) * found.shape[1])


def laplacian_error(
    found: Float[Array, "batch vertices 3"],
    true: Float[Array, "batch vertices 3"],
    mesh: Mesh,
) -> Float[Array, ""]:
    """How far each vertex's offset is from the mean of its neighbours', squared.

    Source: [ge2019] Eq. (5).
    """
    offset = (true - found) / CM
    rough = jax.vmap(meshes.uniform_laplacian, (0, None))(offset, mesh.edges)
    return jnp.mean(jnp.sum(jnp.square(rough), axis=-1))


def pose_error(
    found: Float[Array, "batch 21 3"],
    true: Float[Array, "batch 21 3"],
    count: int,
    valid: Array | None = None,
) -> Float[Array, ""]:
    """Squared distances of key points, summed.

    Args:
        found, true: key points, mm.
        count: vertices of the mesh, see above.
        valid: key points that are known; None for all.

    Source: [ge2019] Sec. 4.3, L_J.
    """
    each = jnp.sum(jnp.square((found - true) / CM), axis=-1)
    if valid is not None:
        each = jnp.where(valid, each, 0.0)
    return jnp.sum(each) / (len(found) * count)


def _squared_edges(
    vertices: Float[Array, "batch vertices 3"], mesh: Mesh
) -> Float[Array, "batch edges"]:
    i, j = mesh.edges.T
    return jnp.sum(jnp.square((vertices[:, i] - vertices[:, j]) / CM), axis=-1)
