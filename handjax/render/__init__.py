"""Pixels: which surface each sees, and what a depth sensor or a camera makes of it."""

from handjax.render.rasterize import Rendering, interpolate, rasterize
from handjax.render.silhouette import Silhouette, antialiased, neural_renderer

__all__ = [
    "Rendering",
    "Silhouette",
    "antialiased",
    "interpolate",
    "neural_renderer",
    "rasterize",
]
