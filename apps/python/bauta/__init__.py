"""Takes the faces out of pictures and, for whoever may, puts them back.

Pictures are NumPy arrays of uint8 with the shape (height, width, 3), RGB. The calls release the GIL; any number of threads may
use one model, detector or key at a time.
"""

import os as _os
from pathlib import Path as _Path

from ._bauta import (
    Deidentified,
    Detector,
    Key,
    Model,
    Region,
    Restored,
    __version__,
    _set_models,
    deidentify,
    restore,
)
from ._errors import (
    CannotOpen,
    Error,
    FileProblem,
    InvalidArgument,
    NoDevice,
    NoFace,
    NotRestorable,
    OutOfMemory,
)

__all__ = [
    "CannotOpen",
    "Deidentified",
    "Detector",
    "Error",
    "FileProblem",
    "InvalidArgument",
    "Key",
    "Model",
    "NoDevice",
    "NoFace",
    "NotRestorable",
    "OutOfMemory",
    "Region",
    "Restored",
    "__version__",
    "deidentify",
    "restore",
]

# The models that came along, where the environment names no others.
if "BAUTA_MODELS" not in _os.environ:
    _set_models(str(_Path(__file__).parent / "models"))
