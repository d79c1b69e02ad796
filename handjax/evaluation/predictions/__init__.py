"""Files of joints as the field exchanges them: read, understood, written.

`text` and `arrays` turn a file into points; what kind it is shows in its content, never
in its name. `reading` says how those numbers become camera coordinates, and back.
"""

from handjax.evaluation.predictions.files import Points, read
from handjax.evaluation.predictions.reading import Reading, from_camera, to_camera
from handjax.evaluation.predictions.text import FileError
from handjax.evaluation.predictions.write import write

__all__ = [
    "FileError",
    "Points",
    "Reading",
    "from_camera",
    "read",
    "to_camera",
    "write",
]
