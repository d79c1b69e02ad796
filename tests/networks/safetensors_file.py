"""Safetensors files as their format says, and as it does not."""

import json
import struct

NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16"}
NAMES |= {"int64": "I64", "int32": "I32", "uint8": "U8"}


def page_and_body(arrays):
    """The header as a dictionary, and the bytes behind it."""
    page, body = {"__metadata__": {"format": "pt"}}, b""
    for name, array in arrays.items():
        end = len(body) + array.nbytes
        page[name] = {
            "dtype": NAMES[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [len(body), end],
        }
        body += array.tobytes()
    return page, body


def packed(page, body):
    text = (page if isinstance(page, str) else json.dumps(page)).encode()
    return struct.pack("<Q", len(text)) + text + body


def save(path, arrays):
    path.write_bytes(packed(*page_and_body(arrays)))
    return path
