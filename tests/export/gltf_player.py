"""What a viewer draws of a .glb, by the rules of glTF and no code of ours.

Of files such as ours: one skin, one primitive, floats, rotations and translations.
"""

import json
import struct

import numpy as np
from scipy.spatial.transform import Rotation

WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
TYPES = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}


class Player:
    """A file that is open."""

    def __init__(self, raw: bytes):
        magic, version, length = struct.unpack_from("<4sII", raw)
        assert (magic, version, length) == (b"glTF", 2, len(raw))
        size, kind = struct.unpack_from("<I4s", raw, 12)
        assert (kind, size % 4) == (b"JSON", 0)
        self.content = json.loads(raw[20 : 20 + size])
        own, kind = struct.unpack_from("<I4s", raw, 20 + size)
        assert kind == b"BIN\0"
        self.raw = raw[28 + size :]
        assert own == len(self.raw) == self.content["buffers"][0]["byteLength"]
        (self.skin,) = self.content["skins"]
        (mesh,) = self.content["meshes"]
        (self.primitive,) = mesh["primitives"]

    def numbers(self, index):
        made = self.content["accessors"][index]
        view = self.content["bufferViews"][made["bufferView"]]
        dtype, width = np.dtype(TYPES[made["componentType"]]), WIDTHS[made["type"]]
        start = view["byteOffset"]
        assert start % 4 == 0
        assert view["byteLength"] == made["count"] * width * dtype.itemsize
        found = np.frombuffer(self.raw, dtype, made["count"] * width, start)
        found = found.reshape(-1, width)
        for name, reach in (("min", found.min(0)), ("max", found.max(0))):
            if name in made:
                np.testing.assert_array_equal(np.float32(made[name]), reach)
        return found.astype(float)

    def attribute(self, name):
        return self.numbers(self.primitive["attributes"][name])

    def faces(self):
        return self.numbers(self.primitive["indices"]).reshape(-1, 3).astype(int)

    def times(self):
        return self.numbers(self.animation()["samplers"][0]["input"])[:, 0]

    def animation(self):
        (animation,) = self.content["animations"]
        return animation

    def nodes(self, frame=None):
        """Nodes as they are at a key frame, or as the file opens."""
        nodes = [dict(node) for node in self.content["nodes"]]
        if frame is not None:
            animation = self.animation()
            for channel in animation["channels"]:
                sampler = animation["samplers"][channel["sampler"]]
                value = self.numbers(sampler["output"])[frame]
                nodes[channel["target"]["node"]][channel["target"]["path"]] = value
        return nodes

    def world(self, frame=None):
        """world_from_node of each node, by walking down from the scene."""
        nodes, world = self.nodes(frame), {}
        waiting = [(k, np.eye(4)) for k in self.content["scenes"][0]["nodes"]]
        while waiting:
            k, above = waiting.pop()
            local = np.eye(4)
            q = nodes[k].get("rotation", [0, 0, 0, 1])
            np.testing.assert_allclose(np.linalg.norm(q), 1.0, atol=1e-6)
            local[:3, :3] = Rotation.from_quat(q).as_matrix()
            local[:3, 3] = nodes[k].get("translation", [0, 0, 0])
            world[k] = above @ local
            waiting += [(child, world[k]) for child in nodes[k].get("children", ())]
        return np.stack([world[k] for k in range(len(nodes))])

    def joints(self, frame=None):
        return self.world(frame)[self.skin["joints"], :3, 3]

    def weights(self):
        """Dense, of however many sets."""
        vertices = len(self.attribute("POSITION"))
        dense, k = np.zeros((vertices, len(self.skin["joints"]))), 0
        while f"JOINTS_{k}" in self.primitive["attributes"]:
            which = self.attribute(f"JOINTS_{k}").astype(int)
            much = self.attribute(f"WEIGHTS_{k}")
            np.add.at(dense, (np.arange(vertices)[:, None], which), much)
            k += 1
        np.testing.assert_allclose(dense.sum(axis=1), 1.0, atol=5e-7)
        return dense

    def vertices(self, frame=None):
        """x = sum_j w_j G_j B_j v."""
        columns = self.numbers(self.skin["inverseBindMatrices"]).reshape(-1, 4, 4)
        G = self.world(frame)[self.skin["joints"]]
        v = self.attribute("POSITION")
        v = np.concatenate([v, np.ones((len(v), 1))], axis=1)
        each = np.einsum("jab,jcb,vc->jva", G, columns, v)
        return np.einsum("vj,jva->va", self.weights(), each)[:, :3]
