"""The networks' files as others write them: TensorFlow's frozen GraphDef and ONNX, as far as these networks need them."""
from array import array
from collections import namedtuple

import protobuf

# Row-major float32 values (array("f")) and their shape (tuple).
Tensor = namedtuple("Tensor", "shape values")
# One operation: its kind, the names of what it reads and writes, its attributes (messages, by name).
Node = namedtuple("Node", "kind inputs outputs attributes")

FLOAT, INT8, INT64 = 1, 3, 7  # ONNX' TensorProto.DataType; TensorFlow's DT_FLOAT is 1, too


class GraphDef:
    """tensorflow/core/framework/graph.proto: nodes in order, constants by name."""

    def __init__(self, data):
        self.nodes, self.constants = [], {}
        for node in map(protobuf.message, protobuf.message(data)[1]):
            name, kind = protobuf.text(node, 1), protobuf.text(node, 2)
            attributes = {}
            for entry in map(protobuf.message, node.get(5, [])):
                attributes[protobuf.text(entry, 1)] = protobuf.message(entry[2][-1])
            if kind == "Const":
                tensor = protobuf.message(attributes["value"][8][-1])
                if protobuf.integer(tensor, 1) == FLOAT:
                    self.constants[name] = self._tensor(tensor)
            else:
                inputs = [str(text, "utf-8") for text in node.get(3, [])]
                self.nodes.append(Node(kind, inputs, [name], attributes))

    @staticmethod
    def _tensor(tensor):
        dimensions = protobuf.message(tensor[2][-1]).get(2, []) if 2 in tensor else []
        shape = tuple(protobuf.integer(protobuf.message(size), 1) for size in dimensions)
        count = 1
        for size in shape:
            count *= size
        values = array("f")
        if 4 in tensor:
            values.frombytes(tensor[4][-1])
        else:  # a value that stands once is meant for every element
            values.extend(protobuf.reals(tensor, 5))
            if len(values) == 1:
                values *= count
        if len(values) != count:
            raise ValueError(f"GraphDef: {len(values)} values for a shape of {shape}")
        return Tensor(shape, values)

    def real(self, node, name):
        """A float attribute."""
        return protobuf.real(node.attributes[name], 4)


class Onnx:
    """onnx/onnx.proto: nodes in order, initializers by name. What DequantizeLinear and Reshape make of initializers is one."""

    def __init__(self, data):
        graph = protobuf.message(protobuf.message(data)[7][-1])
        self.constants, self.nodes, stored = {}, [], {}
        for tensor in map(protobuf.message, graph.get(5, [])):
            stored[protobuf.text(tensor, 8)] = tensor
            if protobuf.integer(tensor, 2) == FLOAT:
                self.constants[protobuf.text(tensor, 8)] = Tensor(self._shape(tensor), self._values(tensor, "f"))
        for node in map(protobuf.message, graph[1]):
            attributes = {protobuf.text(a, 1): a for a in map(protobuf.message, node.get(5, []))}
            node = Node(protobuf.text(node, 4), *([str(t, "utf-8") for t in node.get(n, [])] for n in (1, 2)), attributes)
            if node.kind == "DequantizeLinear":
                self.constants[node.outputs[0]] = self._dequantized(node, stored)
            elif node.kind == "Reshape" and node.inputs[0] in self.constants:
                shape = tuple(self._values(stored[node.inputs[1]], "q"))
                self.constants[node.outputs[0]] = Tensor(shape, self.constants[node.inputs[0]].values)
            else:
                self.nodes.append(node)

    @staticmethod
    def _shape(tensor):
        return tuple(protobuf.integers(tensor, 1))

    @staticmethod
    def _values(tensor, typecode):
        expected = {"f": FLOAT, "b": INT8, "q": INT64}[typecode]
        if protobuf.integer(tensor, 2) != expected:
            raise ValueError(f"ONNX: {protobuf.text(tensor, 8)} has type {protobuf.integer(tensor, 2)}, not {expected}")
        values = array(typecode)
        if 9 in tensor:
            values.frombytes(tensor[9][-1])
        elif typecode == "f":
            values.extend(protobuf.reals(tensor, 4))
        return values

    def _dequantized(self, node, stored):
        """(value - zero point) * scale, both of them for each block of values along the last dimension."""
        quantized, scales, zeros = (stored[name] for name in node.inputs)
        shape, block = self._shape(quantized), protobuf.integer(node.attributes["block_size"], 3)
        # Whole blocks in each row: so they follow each other in memory.
        if protobuf.integer(node.attributes["axis"], 3) != len(shape) - 1 or shape[-1] % block:
            raise ValueError(f"ONNX: blocks of {node.inputs[0]} do not fit its rows")
        source = self._values(quantized, "b")
        values = array("f")
        for at, (scale, zero) in enumerate(zip(self._values(scales, "f"), self._values(zeros, "b"), strict=True)):
            values.extend([(value - zero) * scale for value in source[at * block:(at + 1) * block]])
        return Tensor(shape, values)

    def real(self, node, name):
        """A float attribute."""
        return protobuf.real(node.attributes[name], 2)
