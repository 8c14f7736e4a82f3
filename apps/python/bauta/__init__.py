"""Takes the faces out of pictures and, for whoever may, puts them back.

Pictures are NumPy arrays of uint8 with the shape (height, width, 3), RGB. The calls release the GIL; any number of threads may
use one model, detector, checker or key at a time.
"""

import os as _os
from pathlib import Path as _Path

# libgomp reads how long its threads spin while they wait as it is loaded; by default they burn the machine. As the program does; the
# environment of child processes stays as it was.
_spins_as_asked = "OMP_WAIT_POLICY" in _os.environ or "GOMP_SPINCOUNT" in _os.environ
if not _spins_as_asked:
    _os.environ["GOMP_SPINCOUNT"] = "4000"
try:
    from ._bauta import (
        Checker,
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
finally:
    if not _spins_as_asked:
        del _os.environ["GOMP_SPINCOUNT"]
from ._errors import (
    CannotOpen,
    Error,
    FileProblem,
    InvalidArgument,
    NoDevice,
    NoFace,
    NotHidden,
    NotRestorable,
    OutOfMemory,
)

__all__ = [
    "CannotOpen",
    "Checker",
    "Deidentified",
    "Detector",
    "Error",
    "FileProblem",
    "InvalidArgument",
    "Key",
    "Model",
    "NoDevice",
    "NoFace",
    "NotHidden",
    "NotRestorable",
    "OutOfMemory",
    "Region",
    "Restored",
    "__version__",
    "deidentify",
    "restore",
]

# The models that came along, where the environment names no others.
if not _os.environ.get("BAUTA_MODELS"):
    _set_models(str(_Path(__file__).parent / "models"))
