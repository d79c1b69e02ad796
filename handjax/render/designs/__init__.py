"""Designs of the search for what each pixel sees: one signature, one answer.

| name | a piece of work | what exceeds a capacity |
|---|---|---|
| `fragments` | a pixel between a face's corners | cannot: all stand in a queue |
| `boxes` | a face and a square of 4 x 4 pixels | joins that queue |
| `tiles` | a tile of 4 x 4 pixels and 8 faces | joins further lists |
| `kernel` | a tile of 16 x 16 pixels and its faces | cannot: a loop, in Pallas |
| `every_face` | every pixel and 8 faces | cannot, and is slow |

docs/render.md tells what each costs.
"""

from handjax.render.designs import boxes, every_face, fragments, kernel, tiles

DESIGNS = {
    "fragments": fragments.nearest_faces,
    "boxes": boxes.nearest_faces,
    "tiles": tiles.nearest_faces,
    "kernel": kernel.nearest_faces,
    "every_face": every_face.nearest_faces,
}

FASTEST = {"cpu": "fragments", "gpu": "fragments", "tpu": "fragments"}
"""By backend; measured on CPU alone. Elsewhere it is what has been used most, not the
kernel, which has never met a card."""
