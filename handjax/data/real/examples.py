"""Records as TensorFlow Datasets has them: examples, without TensorFlow.

Importing this costs a second: only who needs it does.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from tensorflow_datasets.core.example_serializer import ExampleSerializer

# The same message as TensorFlow's `tf.train.Example`.
from tensorflow_datasets.proto import tf_example_pb2

from handjax.data.real.records import Part, Record


def features() -> tfds.features.FeaturesDict:
    """What a record holds; arrays as bytes, views along the first axis."""

    def array(doc: str, dtype: Any, *shape: int | None):
        kind = tfds.features.Tensor
        return kind(shape=shape, dtype=dtype, encoding="bytes", doc=doc)

    real = np.float32
    images = tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg")
    return tfds.features.FeaturesDict(
        {
            "name": tfds.features.Text(doc="of the frame"),
            "place": tfds.features.Scalar(np.int64, doc="among its split's frames"),
            "right": tfds.features.Scalar(np.bool_, doc="left hands are mirrored"),
            "subject": tfds.features.Scalar(np.int64),
            "cube": tfds.features.Scalar(real, doc="edge of the crop, mm"),
            "joints": array("world, the dataset's order, mm", real, None, 3),
            "valid": array("which joints are known", np.bool_, None),
            "vertices": array("world, mm", real, None, 3),
            "camera_from_world": array("rigid", real, None, 4, 4),
            "hand": array("crop's centre by the dataset, mm", real, None, 3),
            "found": array("crop's centre by the depth, mm; NaN", real, None, 3),
            "camera": array("focal, centre of depth and mask", real, None, 2, 2),
            "depth_shape": array("height, width", np.int32, None, 2),
            "depth": array("1/8 mm, view after view", np.uint16, None),
            "mask_shape": array("height, width", np.int32, None, 2),
            "mask": array("of the hand, view after view", np.bool_, None),
            "image_camera": array("focal, centre of the images", real, None, 2, 2),
            "image_view": array("which views have one", np.bool_, None),
            "images": tfds.features.Sequence(images),
        }
    )


def to_bytes(record: Record, described: tfds.features.FeaturesDict) -> bytes:
    """A record as an example's bytes.

    Args:
        record: what to write.
        described: what `features` gave.
    """
    info: Any = described.get_serialized_info()
    serializer = ExampleSerializer(info)
    return serializer.serialize_example(described.encode_example(as_example(record)))


def as_example(record: Record) -> dict[str, Any]:
    """A record as TFDS takes it."""
    parts = record.parts
    own = {k: v for k, v in record._asdict().items() if k != "parts"}
    own |= {"cube": np.float32(record.cube)}
    for field in ("camera_from_world", "hand", "found", "camera", "image_camera"):
        own[field] = np.stack([getattr(part, field) for part in parts])
    for field in ("depth", "mask"):
        arrays = [getattr(part, field) for part in parts]
        own[f"{field}_shape"] = np.array([x.shape for x in arrays], np.int32)
        own[field] = np.concatenate([x.reshape(-1) for x in arrays])
    own["image_view"] = np.array([bool(part.image) for part in parts])
    own["images"] = [part.image for part in parts if part.image]
    return own


def from_bytes(content: bytes) -> Record:
    """The record that an example's bytes hold."""
    message: Any = tf_example_pb2
    feature = message.Example.FromString(content).features.feature

    def array(field: str, dtype: Any, *shape: int) -> np.ndarray:
        values = feature[field].bytes_list.value
        return np.frombuffer(values[0], dtype).reshape(-1, *shape)

    def number(field: str) -> int:
        return feature[field].int64_list.value[0]

    return Record(
        name=feature["name"].bytes_list.value[0].decode(),
        place=number("place"),
        right=bool(number("right")),
        subject=number("subject"),
        cube=feature["cube"].float_list.value[0],
        joints=array("joints", np.float32, 3),
        valid=array("valid", np.bool_),
        vertices=array("vertices", np.float32, 3),
        parts=tuple(_parts(array, feature["images"].bytes_list.value)),
    )


def _parts(array: Any, images: Iterable[bytes]) -> Iterator[Part]:
    rigs = array("camera_from_world", np.float32, 4, 4)
    hand, found = (array(field, np.float32, 3) for field in ("hand", "found"))
    cameras, image_cameras = (
        array(field, np.float32, 2, 2) for field in ("camera", "image_camera")
    )
    depth = _split(array("depth", np.uint16), array("depth_shape", np.int32, 2))
    mask = _split(array("mask", np.bool_), array("mask_shape", np.int32, 2))
    left = iter(images)
    there = array("image_view", np.bool_)
    jpeg = [next(left) if seen else b"" for seen in there]
    together = (rigs, hand, found, cameras, depth, mask, image_cameras, jpeg)
    return (Part(*part) for part in zip(*together, strict=True))


def _split(flat: np.ndarray, shapes: np.ndarray) -> list[np.ndarray]:
    """Arrays that stand one after another."""
    arrays, first = [], 0
    for height, width in shapes.tolist():
        last = first + height * width
        arrays.append(flat[first:last].reshape(height, width))
        first = last
    return arrays
