"""Joints into errors: brought to the truth as the protocol allows, then measured.

Notation, shared by every function here and by the tests:
    e: joint errors, mm, (frames, joints); NaN where the truth is unknown.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from handjax.evaluation import aligned, metrics
from handjax.evaluation.matching import Span
from handjax.evaluation.protocols import JOINT_SETS, Protocol

Errors = Float[np.ndarray, "frames joints"]
Joints = Float[np.ndarray, "frames joints 3"]
Valid = Bool[np.ndarray, "frames joints"]


class Scored(NamedTuple):
    """A method on some frames of a test set.

    Attributes:
        name: as tables call it.
        span: which rows of the test set the frames are.
        predicted: of the headline's joint set, camera axes, mm, as they were given.
        placed: the same where they are measured, as pictures show them.
        truth: likewise.
        errors: e by joint set, the headline's first.
        aligned: mean error by how predictions are brought to the truth, mm.
        notes: lines on how it was read.
        vertices: predicted, camera axes, mm, as they were given; None without.
    """

    name: str
    span: Span
    predicted: Joints
    placed: Joints
    truth: Joints
    errors: Mapping[str, Errors]
    aligned: Mapping[str, float]
    notes: tuple[str, ...] = ()
    vertices: Float[np.ndarray, "frames vertices 3"] | None = None

    @property
    def headline(self) -> Errors:
        """e of the headline's joint set."""
        return next(iter(self.errors.values()))


def score(
    name: str,
    span: Span,
    predicted: Joints,
    truth: Joints,
    valid: Valid,
    protocol: Protocol,
    *,
    align: str,
    notes: tuple[str, ...] = (),
) -> Scored:
    """Measure a method on the frames of `span`.

    Args:
        name: of the method.
        span: rows of the test set.
        predicted, truth: of the headline's joint set, mm.
        valid: which true joints are known.
        protocol: of the dataset.
        align: a key of `protocols.ALIGNED`.
        notes: lines on how it was read.
    """
    e = {how: measure(predicted, truth, valid, protocol, how) for how in ways(protocol)}
    means = {how: metrics.mean(errors) for how, errors in e.items()}
    errors = with_parts({protocol.sets[0]: e[align]}, protocol)
    placed = brought(predicted, truth, valid, protocol, align)
    return Scored(name, span, predicted, placed, truth, errors, means, notes)


def ways(protocol: Protocol) -> tuple[str, ...]:
    """How predictions may be brought to the truth on this dataset."""
    if protocol.root is None:
        return ("none", "procrustes")
    rigid = ("rigid",) if protocol.anchors else ()
    return ("none", "root", "scale", *rigid, "procrustes")


def measure(
    predicted: Joints, truth: Joints, valid: Valid, protocol: Protocol, align: str
) -> Errors:
    """e after predictions were brought to the truth.

    Args:
        predicted, truth: mm.
        valid: which true joints are known. A frame whose root is unknown counts
            nowhere where the root is given.
        protocol: its root and bone.
        align: a key of `protocols.ALIGNED`.
    """
    known = metrics.known_joints(truth, valid)
    if align in ("root", "scale") and protocol.root is not None:
        known = known & known[:, [protocol.root]]
    return metrics.joint_errors(
        brought(predicted, truth, valid, protocol, align), truth, known
    )


def brought(
    predicted: Joints, truth: Joints, valid: Valid, protocol: Protocol, align: str
) -> Joints:
    """Predictions where they are measured, in the camera's frame.

    Args as for `measure`.
    """
    if align == "none":
        return predicted
    if align == "procrustes":
        return aligned.procrustes(predicted, truth, valid)
    if align == "rigid":
        return aligned.rigid(predicted, truth, held(valid, protocol))
    root = protocol.root
    if root is None:
        raise ValueError(f"{align!r} wants a dataset with a root joint; got none")
    if align == "scale" and protocol.bone is None:
        predicted = aligned.scaled_to_fit(predicted, truth, root=root, valid=valid)
    elif align == "scale" and protocol.bone is not None:
        lengths = aligned.bone_length(truth, protocol.bone)
        predicted = aligned.scaled_to(predicted, lengths, bone=protocol.bone, root=root)
    return aligned.root_relative(predicted, root) + truth[:, [root]]


def held(valid: Valid, protocol: Protocol) -> Valid:
    """The known joints that "rigid" moves and turns a hand by.

    Source: [moon2020] Sec. 5.2; facebookresearch/DeepHandMesh, data/dataset.py.
    """
    if not protocol.anchors:
        raise ValueError("'rigid' wants a dataset with anchors; got none")
    return valid & np.isin(np.arange(valid.shape[1]), protocol.anchors)


def with_parts(errors: Mapping[str, Errors], protocol: Protocol) -> dict[str, Errors]:
    """Errors of the protocol's joint sets, with those that are a part of another."""
    found = dict(errors)
    for name in protocol.sets:
        whole = JOINT_SETS[name].whole
        if name not in found and whole in found:
            found[name] = found[whole][:, list(JOINT_SETS[name].rows)]
    return found


def mean_hand(truth: Joints, valid: Valid) -> Joints:
    """The constant predictor on camera coordinates: the mean hand at each centroid.

    It is told where the hand is, and nothing of its pose.
    """
    known = metrics.known_joints(truth, valid)
    total = np.where(known[..., None], truth, 0.0).sum(axis=1)
    centroid = total / np.maximum(known.sum(axis=1), 1)[:, None]
    about = np.where(known[..., None], truth - centroid[:, None], 0.0)
    return centroid[:, None] + metrics.constant_predictor(about, known)
