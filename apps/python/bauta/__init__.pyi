import os
from typing import Callable, Literal, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import NDArray

__version__: str

Picture = NDArray[np.uint8]
Path = Union[str, os.PathLike[str]]
Box = Tuple[int, int, int, int]
Progress = Callable[[int, int], object]
Written = Literal["as asked", "plain mosaic", "coarser mosaic"]
Identity = Literal["unchecked", "not compared", "not recognized", "recognized"]
Fidelity = Literal["not at all", "nearly", "exactly", "damaged"]

class Error(Exception): ...
class InvalidArgument(Error, ValueError): ...
class FileProblem(Error, OSError): ...
class NoFace(Error): ...
class CannotOpen(Error): ...
class NotHidden(Error): ...
class NotRestorable(Error): ...
class OutOfMemory(Error, MemoryError): ...
class NoDevice(Error): ...

class Key:
    @staticmethod
    def generate() -> Key: ...
    @staticmethod
    def generate_private() -> Key: ...
    @staticmethod
    def from_text(text: str) -> Key: ...
    @staticmethod
    def from_file(path: Path) -> Key: ...
    @staticmethod
    def from_passphrase(passphrase: Union[str, bytes]) -> Key: ...
    def public(self) -> Key: ...
    def text(self) -> str: ...
    def write(self, path: Path, overwrite: bool = ...) -> None: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def kind(self) -> Literal["secret", "passphrase", "private", "public"]: ...

class Model:
    def __init__(
        self,
        folder: Optional[Path] = ...,
        *,
        models: Optional[Path] = ...,
        key: Optional[Key] = ...,
        device: Literal["auto", "cpu", "cuda"] = ...,
        threads: int = ...,
    ) -> None: ...
    @property
    def can_deidentify(self) -> bool: ...
    @property
    def can_restore(self) -> bool: ...

class Region:
    @property
    def box(self) -> Box: ...
    @property
    def block(self) -> int: ...
    @property
    def k(self) -> int: ...
    @property
    def fidelity(self) -> Fidelity: ...
    @property
    def score(self) -> float: ...
    @property
    def written(self) -> Written: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def likeness(self) -> Optional[float]: ...

class Detector:
    def __init__(
        self,
        kind: Literal["auto", "yunet", "haar"] = ...,
        *,
        smallest: int = ...,
        score: float = ...,
        threads: int = ...,
        models: Optional[Path] = ...,
        cascade: Optional[Path] = ...,
    ) -> None: ...
    @property
    def kind(self) -> Literal["yunet", "haar"]: ...
    def find(self, picture: Picture) -> list[Region]: ...

class Checker:
    def __init__(self, *, threads: int = ..., models: Optional[Path] = ...) -> None: ...
    @staticmethod
    def is_available(models: Optional[Path] = ...) -> bool: ...

class Deidentified(NamedTuple):
    picture: Picture
    record: str
    regions: list[Region]

class Restored(NamedTuple):
    picture: Picture
    regions: list[Region]

def deidentify(
    picture: Picture,
    mode: Literal["open", "one-way", "keyed"],
    *,
    model: Optional[Model] = ...,
    detector: Optional[Detector] = ...,
    boxes: Optional[Sequence[Box]] = ...,
    key: Optional[Key] = ...,
    recipients: Sequence[Key] = ...,
    blocks: int = ...,
    cover: Literal["blocks", "fill"] = ...,
    code: Literal["exact", "companded", "network"] = ...,
    residual_levels: int = ...,
    identity_check: Union[bool, Checker, None] = ...,
    out: Optional[Picture] = ...,
    progress: Optional[Progress] = ...,
) -> Deidentified: ...
def restore(
    picture: Picture,
    record: Optional[str] = ...,
    *,
    model: Optional[Model] = ...,
    key: Optional[Key] = ...,
    force_damaged: bool = ...,
    out: Optional[Picture] = ...,
    progress: Optional[Progress] = ...,
) -> Restored: ...
