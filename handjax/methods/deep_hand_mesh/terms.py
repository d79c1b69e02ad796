"""The terms of a batch, each of all its hands, for phases to weigh."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from handjax.batch import Batch
from handjax.geometry import meshes
from handjax.hands.template import Template
from handjax.losses import laplacian
from handjax.methods.deep_hand_mesh import (
    decoder,
    penetration,
    smoothness,
    supervision,
    texture,
)
from handjax.methods.deep_hand_mesh.estimate import (
    Prediction,
    lay,
    with_true_bones,
)
from handjax.methods.method import Terms


class Surface(NamedTuple):
    """What terms know of the mesh, on the host.

    Attributes:
        faces: counter-clockwise from outside.
        edges: each once.
        palm: numbers of the palm's vertices.
    """

    faces: Int[np.ndarray, "faces 3"]
    edges: Int[np.ndarray, "edges 2"]
    palm: Int[np.ndarray, "palm"]


def surface_of(template: Template) -> Surface:
    """Of a template."""
    faces = np.asarray(template.faces)
    return Surface(faces, np.asarray(meshes.edges(faces)), penetration.palm(template))


def of_joints(prediction: Prediction, batch: Batch, *, own: bool = True) -> Terms:
    """L_pose, and how far the key points are that the network itself turned.

    Args:
        prediction: for the batch.
        batch: with joints.
        own: whether L_pose judges the decoder's own lengths of bones, or true lengths
            along its directions.
    """
    true, valid = _true(batch)
    if own:
        laid = jax.vmap(decoder.keypoints)(prediction.placed)
    else:
        joints = jax.vmap(decoder.keypoints)(prediction.hand.posed)
        laid = lay(with_true_bones(joints, batch), batch)
    return {
        "pose": supervision.pose_error(laid, true, valid),
        "turn": supervision.pose_error(prediction.turned, true, valid),
    }


def of_surface(prediction: Prediction, batch: Batch, surface: Surface) -> Terms:
    """L_depth, L_penet and L_lap."""
    targets = batch.views if batch.targets is None else batch.targets
    vertices = prediction.placed.vertices
    between = partial(penetration.non_rigid, palm=surface.palm)
    rough = partial(laplacian, edges=surface.edges)
    return {
        "depth": supervision.depth_error(vertices, jnp.asarray(surface.faces), targets),
        "rigid": jnp.mean(jax.vmap(penetration.rigid)(prediction.hand)),
        "non_rigid": jnp.mean(jax.vmap(between)(prediction.hand)),
        "laplacian": jnp.mean(jax.vmap(rough)(vertices)),
    }


def of_texture(
    params: Any, prediction: Prediction, batch: Batch, template: Template
) -> Terms:
    """L_tex, against the texture that `params` keeps of a neutral pose.

    Raises:
        ValueError: the batch has no pictures of other cameras.
    """
    kept, targets = params["texture"], batch.targets
    if targets is None or targets.image is None:
        raise ValueError(
            "the term `texture` needs target views with pictures; name 'pictures' "
            "among the labels of the source, and set studio.rgb.targets"
        )
    T, weights = texture.unwrap(
        prediction.placed.vertices, targets, template, texels=len(kept["colours"])
    )
    known = kept["known"] > 0.5
    error = texture.texture_error(
        T, weights > 0.0, kept["colours"], known, targets.valid
    )
    return {"texture": error}


def of_correctives(prediction: Prediction) -> Terms:
    """Their sizes, which keep a template of few vertices near itself.

    Source: [moon2020] Sec. 15.
    """
    return {
        "skeleton_size": smoothness.size(prediction.identity.skeleton),
        "identity_size": smoothness.size(prediction.identity.vertices),
        "pose_size": smoothness.size(prediction.of_pose),
    }


def _true(batch: Batch) -> tuple[Array, Array | None]:
    """Joints of a capture, and which are known.

    Raises:
        ValueError: none are.
    """
    if batch.labels.joints is None:
        raise ValueError(
            "deep_hand_mesh learns from joints: name 'joints' among the labels of the "
            "source"
        )
    return batch.labels.joints, batch.labels.joints_valid
