"""The three networks as bauta reads them: {name: Tensor} with PyTorch's shapes, batch norms folded into weights and biases.

Convolutions are [K,C,R,S], depthwise ones [1,C,R,S], biases and slopes [K]; a fully connected layer is a convolution over
all that it sees, [K,C,1,1], or [K,C,7,7] for SFace's, which flattens 7x7 positions.
"""
import math
import re
from array import array

from graphs import GraphDef, Onnx, Tensor


def facenet(data):
    """FaceNet from its GraphDef. Names are slim's without its scopes: block35.0.branch_1.conv_0b_3x3.weight."""
    graph, tensors = GraphDef(data), {}
    biases = {node.inputs[0]: graph.constants[node.inputs[1]] for node in graph.nodes if node.kind == "BiasAdd"}
    for node in graph.nodes:
        if node.kind == "Conv2D":
            name = _facenet_name(node.outputs[0].removesuffix("/Conv2D"))
            tensors[name + ".weight"] = _kcrs(graph.constants[node.inputs[1]])
            tensors[name + ".bias"] = biases[node.outputs[0]]
        elif node.kind == "MatMul":
            c, k = graph.constants[node.inputs[1]].shape
            weight = _kcrs(Tensor((1, 1, c, k), graph.constants[node.inputs[1]].values))
        elif node.kind == "FusedBatchNorm":  # the only one that is left: after the matrix
            norm = _scale_and_shift(*(graph.constants[name] for name in node.inputs[1:]), graph.real(node, "epsilon"))
            tensors["bottleneck.weight"], tensors["bottleneck.bias"] = _fold_after(weight, None, norm)
    return tensors


def _facenet_name(name):
    name = name.removeprefix("InceptionResnetV1/")
    # Slim counts from 1, and its last Block8 stands alone.
    name = re.sub(r"^Repeat(_\d)?/block(\d+)_(\d+)/", lambda m: f"block{m[2]}.{int(m[3]) - 1}.", name)
    name = re.sub(r"^Block8/", "block8.5.", name)
    return name.lower().replace("/", ".").replace("conv2d", "conv")


def sface(data):
    """SFace from its ONNX file: conv_1, then blocks of a depthwise and a pointwise convolution, each with its prelu."""
    graph, tensors = Onnx(data), {}
    before = None  # the norm between the last block and the fully connected layer
    for node in graph.nodes:
        constants = [graph.constants[name] for name in node.inputs[1:] if name in graph.constants]
        if node.kind == "Conv":
            name, weight, bias = _sface_name(node.outputs[0].removesuffix("_conv2d")), _depthwise_first(constants[0]), None
        elif node.kind == "Gemm":  # over all positions, flattened channel by channel
            name, (k, inputs), c = "embedding", constants[0].shape, len(before[0])
            side = math.isqrt(inputs // c)
            weight, bias = _fold_before(Tensor((k, c, side, side), constants[0].values), constants[1], before)
        elif node.kind == "BatchNormalization":
            norm = _scale_and_shift(*constants, graph.real(node, "epsilon"))
            if node.outputs[0] == "bn1":
                before = norm
            else:
                tensors[name + ".weight"], tensors[name + ".bias"] = _fold_after(weight, bias, norm)
        elif node.kind == "PRelu":
            tensors[name + "_prelu.weight"] = Tensor(constants[0].shape[:1], constants[0].values)
    return tensors


def _sface_name(name):
    number = int(name.split("_")[1])
    return "conv_1" if number == 1 else f"blocks.{number - 2}." + ("depthwise" if name.endswith("_dw") else "pointwise")


def yunet(data):
    """YuNet from its ONNX file: units of a pointwise and a depthwise convolution, in stages, laterals and heads."""
    graph, tensors = Onnx(data), {}
    unit = None
    for node in graph.nodes:
        if node.kind != "Conv":
            continue
        weight, bias = (graph.constants[name] for name in node.inputs[1:])
        # The exporter kept only some of the names; a unit's depthwise convolution follows its pointwise one.
        given = re.fullmatch(r"(.*)\.conv1\.weight_reshaped", node.inputs[1])
        if given:
            unit, name = _yunet_name(given[1]), "pointwise"
        else:
            name = "depthwise"
        name = f"{unit}.{name}" if unit else "stem"
        tensors[name + ".weight"], tensors[name + ".bias"] = _depthwise_first(weight), bias
    return tensors


def _yunet_name(name):
    patterns = [
        (r"backbone\.model0\.conv2", "stages.0.0"),  # its conv1 is the stem
        (r"backbone\.model(\d)\.conv(\d)", lambda m: f"stages.{m[1]}.{int(m[2]) - 1}"),
        (r"neck\.lateral_convs\.(\d)", r"laterals.\1"),
        (r"bbox_head\.multi_level_(\w+)\.(\d)", lambda m: f"heads.{m[2]}.{dict(bbox='box', kps='landmarks').get(m[1], m[1])}"),
    ]
    for pattern, ours in patterns:
        if re.fullmatch(pattern, name):
            return re.sub(pattern, ours, name)
    raise ValueError(f"YuNet: no convolution {name} is known")


def _kcrs(tensor):
    """A convolution's weight from R,S,C,K."""
    r, s, c, k = tensor.shape
    window, source, values = r * s, tensor.values, array("f", bytes(4 * len(tensor.values)))
    for at in range(window):
        for out in range(k):
            values[out * c * window + at:(out + 1) * c * window:window] = source[at * c * k + out:(at + 1) * c * k:k]
    return Tensor((k, c, r, s), values)


def _depthwise_first(tensor):
    """[C,1,R,S], a depthwise convolution over more than one channel, becomes [1,C,R,S]: the same bytes."""
    k, c, r, s = tensor.shape
    return Tensor((c, k, r, s), tensor.values) if c == 1 and k > 1 else tensor


def _scale_and_shift(gamma, beta, mean, variance, epsilon):
    """A batch norm as y = scale x + shift, a channel at a time."""
    scale = [g / math.sqrt(v + epsilon) for g, v in zip(gamma.values, variance.values, strict=True)]
    return scale, [b - m * a for b, m, a in zip(beta.values, mean.values, scale, strict=True)]


def _fold_after(weight, bias, norm):
    """Weight and bias of the layer (bias None: without) and the norm that follows it."""
    (scale, shift), channels = norm, len(norm[0])
    size, values = len(weight.values) // channels, array("f")
    for k in range(channels):
        values.extend([w * scale[k] for w in weight.values[k * size:(k + 1) * size]])
    bias = bias.values if bias else [0] * channels
    return Tensor(weight.shape, values), Tensor((channels,), array("f", [b * a + c for b, a, c in zip(bias, scale, shift)]))


def _fold_before(weight, bias, norm):
    """Weight and bias of the norm and the layer that follows it, which pads nothing."""
    k, c, r, s = weight.shape
    (scale, shift), window = norm, r * s
    values, sums = array("f"), list(bias.values)
    for out in range(k):
        for channel in range(c):
            at = (out * c + channel) * window
            taps = weight.values[at:at + window]
            values.extend([w * scale[channel] for w in taps])
            sums[out] += sum(taps) * shift[channel]
    return Tensor(weight.shape, values), Tensor((k,), array("f", sums))
