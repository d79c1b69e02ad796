"""Depth, normals, faces and the antialiased mask of two meshes, side by side.

python benchmarks/render_sheet.py [--out docs/images/render.png]
"""

import argparse
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import trimesh
from PIL import Image

from handjax.geometry import cameras
from handjax.geometry.meshes import vertex_normals
from handjax.geometry.topology import edge_faces
from handjax.hands.template import load_template
from handjax.render import antialiased, interpolate, rasterize

PIXELS, FAR, DISTANCE = 160, 1000.0, 500.0


def rings() -> trimesh.Trimesh:
    """Two rings, one through the other."""
    upright = trimesh.creation.torus(48.0, 15.0)
    lying = upright.copy()
    turn = trimesh.transformations.rotation_matrix(1.3, [1.0, 0.3, 0.0])
    lying.apply_transform(turn).apply_translation([45.0, 10.0, 0.0])
    both = trimesh.util.concatenate([upright, lying])
    return both.apply_translation([-22.0, -5.0, 0.0])


def hand() -> trimesh.Trimesh:
    """The hand at rest, its palm to the camera."""
    template = load_template("hand_12553")
    mesh = trimesh.Trimesh(template.vertices, template.faces, process=False)
    mesh.apply_translation(-mesh.bounds.mean(axis=0))
    turn = trimesh.transformations.rotation_matrix(0.5, [0.2, 1.0, 0.0])
    return mesh.apply_transform(turn)


def panels(mesh: trimesh.Trimesh) -> np.ndarray:
    """Four pictures side by side, (height, width, 3), 0 to 1."""
    size = {"height": PIXELS, "width": PIXELS, "far": FAR}
    span = 1.15 * float(np.max(np.ptp(mesh.vertices, axis=0)[:2]))
    focal = jnp.full(2, PIXELS * DISTANCE / span)
    camera = cameras.Pinhole(focal, jnp.full(2, (PIXELS - 1) / 2))
    vertices = jnp.asarray(mesh.vertices + np.array([0, 0, DISTANCE]), jnp.float32)
    faces, edges = jnp.asarray(mesh.faces, jnp.int32), edge_faces(mesh.faces)
    picture = rasterize(camera, vertices, faces, **size)
    seen = np.asarray(picture.face >= 0)[..., None]
    normals = interpolate(picture, faces, vertex_normals(vertices, faces))
    normals = normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 0.1)
    colours = np.random.default_rng(0).uniform(0.2, 1.0, (len(faces), 3))

    mask = np.asarray(antialiased(camera, vertices, faces, edges, **size).mask)
    z = np.asarray(picture.depth)[..., None]
    near, deep = z[seen].min(), z[seen].max()
    shown = (
        np.where(seen, 1.0 - 0.8 * (z - near) / (deep - near), 0.0),
        np.where(seen, 0.5 - 0.5 * np.asarray(normals), 0.0),
        np.where(seen, colours[np.asarray(picture.face)], 0.0),
        mask[..., None],
    )
    wide = [np.broadcast_to(one, (PIXELS, PIXELS, 3)) for one in shown]
    return np.concatenate(wide, axis=1)


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/render.png"))
    out = parser.parse_args().out
    sheet = np.concatenate([panels(rings()), panels(hand())])
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.uint8(255.0 * sheet + 0.5)).save(out, optimize=True)


if __name__ == "__main__":
    main()
