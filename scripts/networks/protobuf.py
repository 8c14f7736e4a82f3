"""Reads protobuf's wire format, without a schema: a message is a dictionary, field number -> list of what stood there.

Varints are int (unsigned, 64 bits), 32-bit fields and 64-bit fields and everything with a length are bytes: whoever knows
the field says what it is, by the functions below.
https://protobuf.dev/programming-guides/encoding/
"""
import struct


def varint(data, at):
    """The number at `at`, and where the next one begins."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def message(data):
    """{field number: [value, ...]} of the bytes of a message. Raises ValueError if they are none."""
    data, at, fields = memoryview(data), 0, {}
    try:
        while at < len(data):
            key, at = varint(data, at)
            wire_type = key & 7
            if wire_type == 0:
                value, at = varint(data, at)
            elif wire_type in (1, 2, 5):
                size, at = varint(data, at) if wire_type == 2 else ({1: 8, 5: 4}[wire_type], at)
                value, at = data[at:at + size], at + size
            else:
                raise ValueError(f"protobuf: wire type {wire_type} is none of ours")
            if at > len(data):
                raise IndexError
            fields.setdefault(key >> 3, []).append(value)
    except IndexError:
        raise ValueError("protobuf: a message ends too early") from None
    return fields


def text(fields, number, default=""):
    """A string field."""
    return str(fields[number][-1], "utf-8") if number in fields else default


def signed(value):
    """A varint as an int64."""
    return value - (1 << 64) if value >= 1 << 63 else value


def integer(fields, number, default=0):
    """An int32 or int64 field."""
    return signed(fields[number][-1]) if number in fields else default


def integers(fields, number):
    """A repeated int32 or int64 field, packed or not."""
    values = []
    for value in fields.get(number, []):
        if isinstance(value, int):
            values.append(signed(value))
            continue
        at = 0
        while at < len(value):
            number_here, at = varint(value, at)
            values.append(signed(number_here))
    return values


def real(fields, number, default=0.0):
    """A float field."""
    return struct.unpack("<f", fields[number][-1])[0] if number in fields else default


def reals(fields, number):
    """A repeated float field, packed or not."""
    return [x for value in fields.get(number, []) for x in struct.unpack(f"<{len(value) // 4}f", value)]
