"""Hands as files for other programs: meshes (GLB, PLY, OBJ) and joints (JSON).

rigged     hands with skeleton and skin, still or moving (GLB)
bvh        a skeleton's motion (BVH)
motion     what stands behind both
inference  trained methods as functions of plain arrays
stablehlo  these as files that JAX alone runs
onnx       these as files that onnxruntime and others run, made in graph by operators

GLB is in the units and axes that glTF prescribes: metres, x right, y up, z towards the
viewer. PLY and OBJ prescribe none and keep the house's: mm, x right, y down, z forward.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from handjax.files import write

FORMATS = (".glb", ".ply", ".obj")

# From x right, y down, z forward in mm to glTF's x right, y up, z backward in metres.
GLTF_FROM_CAMERA = 1e-3 * np.diag([1.0, -1.0, -1.0])


def save_mesh(
    path: str | Path,
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
) -> Path:
    """Write a triangle mesh in the format that the path's ending names."""
    return write(path, mesh(Path(path).suffix.lower(), vertices, faces))


def save_joints(
    path: str | Path,
    joints: Float[np.ndarray, "joints 3"],
    names: Sequence[str],
    **about: Any,
) -> Path:
    """Write named joints as JSON, with further fields about them."""
    return write(path, joints_json(joints, names, **about))


def mesh(
    kind: str,
    vertices: Float[np.ndarray, "vertices 3"],
    faces: Int[np.ndarray, "faces 3"],
) -> bytes:
    """The content of a file with a triangle mesh.

    Args:
        kind: .glb, .ply or .obj.
        vertices: mm, camera axes.
        faces: counter-clockwise seen from outside.

    Raises:
        ValueError: another kind.
    """
    import trimesh

    if kind not in FORMATS:
        raise ValueError(f"a mesh wants one of the endings {FORMATS}; got {kind!r}")
    if kind == ".glb":
        # A half turn about x: no mirroring, so faces keep their order.
        vertices = vertices @ GLTF_FROM_CAMERA.T
    surface = trimesh.Trimesh(np.asarray(vertices), np.asarray(faces), process=False)
    content: Any = surface.export(file_type=kind[1:])
    return content.encode() if isinstance(content, str) else content


def joints_json(
    joints: Float[np.ndarray, "joints 3"], names: Sequence[str], **about: Any
) -> bytes:
    """The content of a JSON file with named joints.

    Args:
        joints: mm, camera axes.
        names: one a joint.
        about: further fields, such as the camera.
    """
    if len(joints) != len(names):
        raise ValueError(f"{len(joints)} joints want as many names; got {len(names)}")
    fields = {
        "joints_mm": np.round(np.asarray(joints, np.float64), 3).tolist(),
        "names": list(names),
        "unit": "mm",
        "axes": "x right, y down, z forward",
        **about,
    }
    return (json.dumps(fields, indent=1) + "\n").encode()


class ExportError(ValueError):
    """Nothing can be exported; the message says why, and what to do."""


class FolderError(ValueError):
    """Nothing can be written where results were to go."""


def prepare(folder: Path) -> None:
    """Make a folder for results, before the work that they cost.

    Raises:
        FolderError: nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise FolderError(f"--out {folder} can't be made: {wrong.strerror}") from wrong
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FolderError(f"--out {folder} can't be written to; choose another")
