"""What an estimate is refined by: evidence of a picture, of whatever method.

    down = refiner(build, skin, pixels, Settings(weights))
    found = down(variables, evidence, steps)   # handjax.refine.Refined

Evidence comes from pictures and from networks that looked at them, never from labels.
`build` is the method's own: it makes hands of whatever numbers it estimates. Who
estimates key points alone has `laid_on` and `posed`.

Notation, shared by every function here and by the tests:
    x: key points of the hand, in the frame that the camera projects from, mm.
    D: depth in that frame, mm.
    w: half of the picture's edge, pixels.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float, Int

from handjax.geometry import cameras, meshes, topology
from handjax.geometry.topology import EdgeFaces
from handjax.hands.articulate import Pose, articulate, keypoints
from handjax.hands.fit_joints import fit_joints
from handjax.hands.template import Template
from handjax.losses import laplacian, smooth_l1, weigh
from handjax.refine import Refined, Variables, stepwise
from handjax.render import silhouette
from handjax.render.rasterize import rasterize

CM = 10.0
"""mm."""
STRIDE = 60.0
"""Unit of a place, mm: about as far as 1 radian moves a finger tip."""
SHORTEST = 1e-2
"""Of edges, mm: no hand has such a surface."""
ENOUGH = 2.0
"""What a pixel's depth costs at most: farther apart they are of something else."""
TERMS = ("keypoints", "mask", "depth", "laplacian", "stay")
"""What may be weighed, as far as there is evidence for it."""


class Evidence(NamedTuple):
    """What is known of the hands of a batch of pictures; None of what is not.

    Attributes:
        camera: that took the pictures, leaves (batch, 2).
        keypoints: where key points seem to be, pixels.
        confidence: how far each is to be believed, 0 to 1.
        mask: share of each pixel that shows the hand.
        depth: D of each pixel.
        measured: pixels whose depth is the hand's; those where `mask` is above a half
            if that is None.
    """

    camera: cameras.Camera
    keypoints: Float[Array, "batch 21 2"] | None = None
    confidence: Float[Array, "batch 21"] | None = None
    mask: Float[Array, "batch height width"] | None = None
    depth: Float[Array, "batch height width"] | None = None
    measured: Bool[Array, "batch height width"] | None = None


class Hands(NamedTuple):
    """A batch of hands in the frame that their cameras project from, mm."""

    vertices: Float[Array, "batch vertices 3"]
    joints: Float[Array, "batch 21 3"]


class Skin(NamedTuple):
    """How a surface hangs together and is drawn; constant.

    Attributes:
        faces: of the surface.
        edges: each once.
        sides: with the faces on both sides.
        renderer: whose gradient outlines have, see `silhouette.mask`.
        samples: looks along each side of a pixel.
    """

    faces: Int[Array, "faces 3"]
    edges: Int[np.ndarray, "edges 2"]
    sides: EdgeFaces
    renderer: str = silhouette.RENDERERS[0]
    samples: int = 2


class Settings(NamedTuple):
    """How hands go down.

    Attributes:
        weights: of `TERMS`, and of those that the method adds.
        learning_rate: length of the first steps, units of the variables.
        final: the last steps' as a share of that.
    """

    weights: Mapping[str, float]
    learning_rate: Float[ArrayLike, ""] = 0.01
    final: float = 0.05


def skin_of(
    template: Template, renderer: str = silhouette.RENDERERS[0], samples: int = 2
) -> Skin:
    """The skin of a template."""
    edges = meshes.edges(template.faces)
    sides = topology.edge_faces(template.faces)
    return Skin(template.faces, edges, sides, renderer, samples)


def refiner(
    build: Callable[[Variables, Any], Hands],
    skin: Skin,
    pixels: int,
    settings: Settings,
    *,
    more: Callable[..., Mapping[str, Float[Array, "batch"]]] | None = None,
) -> Callable[..., Refined]:
    """What lowers the energy of a method's estimates, a batch of hands at once.

    Args:
        build: (variables, evidence) -> hands.
        skin: of their surface.
        pixels: edge of the pictures.
        settings: of the descent.
        more: (variables, hands, evidence, what else is given) -> energies that only
            this method has, hand by hand.

    Returns:
        (variables, evidence, steps, what else is given) -> the best variables that
        were met, see `refine.refine`. Compiled once.

    Source: [baek2019] Eq. (11), of any method.
    """

    def energy(variables: Variables, given: Any) -> Float[Array, "batch"]:
        evidence, first, rest = given
        hands = build(variables, evidence)
        known = terms(hands, evidence, skin, pixels)
        known["stay"] = moved(variables, first)
        known |= more(variables, hands, evidence, rest) if more else {}
        return weigh(known, settings.weights)

    lower = stepwise(energy, learning_rate=settings.learning_rate, final=settings.final)

    def run(
        variables: Variables, evidence: Evidence, steps: int, rest: Any = None
    ) -> Refined:
        return lower(variables, (evidence, variables, rest), steps)

    return run


def terms(
    hands: Hands, evidence: Evidence, skin: Skin, pixels: int
) -> dict[str, Float[Array, "batch"]]:
    """Every term that there is evidence for, hand by hand."""
    known = {"laplacian": roughness(hands, skin)}
    if evidence.keypoints is not None:
        known["keypoints"] = keypoint_error(hands, evidence, pixels)
    if evidence.mask is not None:
        known["mask"] = mask_error(hands, evidence, skin)
    if evidence.depth is not None:
        known["depth"] = depth_error(hands, evidence, skin)
    return known


def keypoint_error(
    hands: Hands, evidence: Evidence, pixels: int
) -> Float[Array, "batch"]:
    """Squared distances in the picture, by what is believed of each; mean.

        sum_j c_j |project(x_j) - uv_j|^2 / w^2 / 21

    Source: [baek2019] Eq. (11), first term, where all are believed alike.
    """
    assert evidence.keypoints is not None
    uv = jax.vmap(cameras.project)(evidence.camera, hands.joints)
    off = (uv - evidence.keypoints) / (pixels / 2.0)
    each = jnp.sum(jnp.square(off), axis=-1)
    if evidence.confidence is not None:
        each = evidence.confidence * each
    return jnp.mean(each, axis=-1)


def mask_error(hands: Hands, evidence: Evidence, skin: Skin) -> Float[Array, "batch"]:
    """Squared differences of the drawn mask from the one that is known; mean.

    Source: [baek2019] Eq. (9), with a mask that somebody else has found.
    """
    assert evidence.mask is not None
    drawn = masks(hands.vertices, evidence.camera, skin, evidence.mask.shape[-1])
    return jnp.mean(jnp.square(drawn - evidence.mask), axis=(1, 2))


def depth_error(hands: Hands, evidence: Evidence, skin: Skin) -> Float[Array, "batch"]:
    """How far the drawn depth is from the measured one where both are of the hand.

        mean of min(smooth L1(D' - D), 2), cm

    Where only one of them is, the outline tells, see `mask_error`.
    """
    D = evidence.depth
    assert D is not None
    there = evidence.measured
    if there is None:
        there = (
            jnp.ones(D.shape, bool) if evidence.mask is None else (evidence.mask > 0.5)
        )
    size = {"height": D.shape[1], "width": D.shape[2], "far": silhouette.BEYOND}

    def one(camera, vertices):
        return rasterize(camera, vertices, skin.faces, **size, cull=True).depth

    drawn = jax.vmap(one)(evidence.camera, hands.vertices)
    both = there & (drawn < silhouette.BEYOND)
    off = jnp.where(both, drawn - D, 0.0) / CM
    each = jnp.minimum(smooth_l1(off), ENOUGH)
    return jnp.sum(each, axis=(1, 2)) / jnp.maximum(jnp.sum(both, axis=(1, 2)), 1)


def roughness(hands: Hands, skin: Skin) -> Float[Array, "batch"]:
    """The Laplacian of the surface over the mean squared length of its edges; mean.

        L_Lap(v) / (1/E sum_(a, b) |v_a - v_b|^2)

    In the paper meshes are as large as they appear, which L_Art holds. In mm the least
    rough hand is the smallest, and of a hand's size a picture says nothing.

    Source: [baek2019] Eq. (7), L_Lap.
    """
    a, b = skin.edges.T

    def one(v):
        length = jnp.mean(jnp.sum(jnp.square(v[a] - v[b]), axis=-1))
        # A hand without extent is not rough.
        return laplacian(v, skin.edges) / jnp.maximum(length, SHORTEST**2)

    return jax.vmap(one)(hands.vertices)


def moved(variables: Variables, first: Variables) -> Float[Array, "batch"]:
    """Squared distance of the variables from where they began; mean."""
    apart = jax.tree.map(
        lambda x, y: jnp.square(x - y).reshape(len(x), -1), variables, first
    )
    return jnp.mean(jnp.concatenate(jax.tree.leaves(apart), axis=-1), axis=-1)


def masks(
    vertices: Float[Array, "batch vertices 3"],
    camera: cameras.Camera,
    skin: Skin,
    pixels: int,
) -> Float[Array, "batch pixels pixels"]:
    """Share of each pixel that surfaces cover.

    Source: [baek2019] Eq. (1), f_Ren.
    """
    draw = partial(
        silhouette.mask,
        faces=skin.faces,
        edges=skin.sides,
        pixels=pixels,
        renderer=skin.renderer,
        samples=skin.samples,
    )
    return jax.vmap(draw)(camera, vertices)


class Posed(NamedTuple):
    """Variables of a hand of which key points alone were estimated.

    Attributes:
        rotations: axis-angle of each posed joint, radians.
        place: of the wrist, units of `STRIDE`.
        shape: coefficients of the template's shape space.
    """

    rotations: Float[Array, "batch 17 3"]
    place: Float[Array, "batch 3"]
    shape: Float[Array, "batch shape"]


def laid_on(template: Template, joints: Float[Array, "batch 21 3"]) -> Posed:
    """Variables of the template that lies on estimated key points, mm."""
    pose = fit_joints(template, joints).pose
    return Posed(pose.rotations, pose.translation / STRIDE, pose.shape)


def posed(
    variables: Posed, evidence: Evidence | None = None, *, template: Template
) -> Hands:
    """The hands of such variables: `build` of `refiner`."""
    del evidence

    def one(rotations, place, shape):
        hand = articulate(template, Pose(rotations, STRIDE * place, shape))
        return hand.vertices, keypoints(hand)

    return Hands(*jax.vmap(one)(*variables))
