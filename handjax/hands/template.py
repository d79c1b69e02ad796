"""Template: everything about a hand that does not move."""

from typing import NamedTuple

from jaxtyping import Array, Float, Int


class Template(NamedTuple):
    """A rigged hand at rest: right hand, mm, axes of `hands.anatomy`.

    Attributes:
        vertices: surface at rest.
        faces: counter-clockwise seen from outside.
        weights: skinning weights, rows sum to one.
        joints: rest position of the 17 posed joints and the 5 tips.
        axes: flexion, abduction and twist axis of each posed joint, unit, rows.
        limits: range about each of these axes, radians.
        shape_vertices: displacement of the surface for one standard deviation.
        shape_joints: displacement of the joints likewise.
        sphere_joints: the posed joint that carries each of the 41 spheres.
        sphere_centres: their centres at rest.
        sphere_radii: their radii.
        shape_centres: displacement of the centres for one standard deviation.
        shape_radii: change of the radii likewise.
        uv: texture coordinates in [0, 1], v up.
        uv_faces: the three rows of `uv` at the corners of each face.
    """

    vertices: Float[Array, "vertices 3"]
    faces: Int[Array, "faces 3"]
    weights: Float[Array, "vertices 17"]
    joints: Float[Array, "22 3"]
    axes: Float[Array, "17 3 3"]
    limits: Float[Array, "17 3 2"]
    shape_vertices: Float[Array, "shape vertices 3"]
    shape_joints: Float[Array, "shape 22 3"]
    sphere_joints: Int[Array, "41"]
    sphere_centres: Float[Array, "41 3"]
    sphere_radii: Float[Array, "41"]
    shape_centres: Float[Array, "shape 41 3"]
    shape_radii: Float[Array, "shape 41"]
    uv: Float[Array, "corners 2"]
    uv_faces: Int[Array, "faces 3"]
