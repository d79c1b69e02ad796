"""Pixels: which surface each sees, and what a depth sensor makes of it."""

from handjax.render.rasterize import Rendering, interpolate, rasterize

__all__ = ["Rendering", "interpolate", "rasterize"]
