"""Writes safetensors files, and reads what their headers say. https://huggingface.co/docs/safetensors"""
import json
import os
import struct


def write(path, tensors, metadata):
    """{name: Tensor} as float32, sorted by name; the file appears when it is complete."""
    header, at = {"__metadata__": metadata}, 0
    for name in sorted(tensors):
        shape, values = tensors[name]
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + 4 * len(values)]}
        at += 4 * len(values)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    part = f"{path}.part.{os.getpid()}"
    try:
        with open(part, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for name in sorted(tensors):
                file.write(tensors[name].values.tobytes())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)


def header(path):
    """Shapes by name, and the metadata; ({}, {}) if there is no such file or it is damaged."""
    try:
        with open(path, "rb") as file:
            size, = struct.unpack("<Q", file.read(8))
            found = json.loads(file.read(size))
            metadata = found.pop("__metadata__", {})
            end = max(entry["data_offsets"][1] for entry in found.values())
            if os.path.getsize(path) != 8 + size + end:
                return {}, {}
            return {name: tuple(entry["shape"]) for name, entry in found.items()}, metadata
    except (OSError, ValueError, KeyError, struct.error, OverflowError, MemoryError):
        return {}, {}
