"""What carries weights and texture coordinates from level to level."""

import numpy as np

from handjax.geometry.meshes import Closest


def carry(attributes: np.ndarray, at: Closest, faces: np.ndarray) -> np.ndarray:
    """Values of a mesh at the places on it that are closest to points."""
    return np.einsum("pk,pk...->p...", at.weights, attributes[faces[at.faces]])
