"""multilingual-e5-small as an ONNX graph, built from the packaged 4-bit weights.

Chosen by measurement (benchmarks/embedding.py): matrices as signed 7-bit integers with a scale
for each output, inputs as unsigned bytes with one scale for each text. Seven bits, because sums
of pairs would saturate at eight on processors without VNNI and the vectors would then depend on
the machine. The word table stays 4-bit: those are the weights as they were published.
"""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from index.e5.runner import INPUT, TOKENS
from index.e5.weights import BLOCK, PackagedWeights

_MICROSOFT = "com.microsoft"
_MICROSOFT_OPERATIONS = frozenset(
    {
        "DynamicQuantizeMatMul",
        "GatherBlockQuantized",
        "Gelu",
        "MultiHeadAttention",
        "SkipLayerNormalization",
    }
)
_LIMIT = 63
# The inputs of these two matrices have outliers that leave few steps for the rest: in float32
# the distance to the float32 model halves, and they are a twentieth of the arithmetic.
_FLOAT_MATRICES = frozenset({"layer4.output", "layer5.output"})


def build_graph(weights: PackagedWeights, quantize: bool = True) -> onnx.ModelProto:
    """The encoder for one text; ``quantize=False`` keeps float32 matrices."""
    return _GraphBuilder(weights, quantize).build()


class _GraphBuilder:
    def __init__(self, weights: PackagedWeights, quantize: bool) -> None:
        self._weights = weights
        self._header = weights.header
        self._quantize = quantize
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def build(self) -> onnx.ModelProto:
        last = self._embeddings()
        for layer in range(self._header.layers):
            last = self._layer(layer, last)
        self._node("Identity", [last], TOKENS)
        width = self._header.hidden_size
        graph = helper.make_graph(
            self._nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info(INPUT, TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info(TOKENS, TensorProto.FLOAT, [1, "tokens", width])],
            self._constants,
        )
        versions = [helper.make_opsetid("", 17), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=10)

    def _embeddings(self) -> str:
        width = self._header.hidden_size
        words = self._weights.quantized("emb.word", width)
        positions = self._weights.tensor("emb.pos").reshape(-1, width)
        kinds = self._weights.tensor("emb.type").reshape(-1, width)
        self._node(
            "GatherBlockQuantized",
            [
                self._constant("words", _pack(words.nibbles)),
                INPUT,
                self._constant("words.scale", words.scales),
            ],
            "word",
            bits=4,
            block_size=BLOCK,
            gather_axis=0,
            quantize_axis=1,
        )
        start = self._constant("start", np.zeros(1, np.int64))
        table = self._constant("positions", positions + kinds[0])
        self._node("Shape", [INPUT], "length", start=1, end=2)
        self._node("Slice", [table, start, "length", start], "position")
        self._node("Add", ["word", "position"], "embedded")
        scale = self._constant("embedding.scale", self._weights.tensor("emb.ln.w"))
        bias = self._constant("embedding.bias", self._weights.tensor("emb.ln.b"))
        epsilon = self._header.layer_norm_epsilon
        self._node(
            "LayerNormalization", ["embedded", scale, bias], "input", axis=-1, epsilon=epsilon
        )
        return "input"

    def _layer(self, number: int, last: str) -> str:
        source, name = f"l{number}", f"layer{number}"
        inner = self._header.feed_forward_size
        self._linear(f"{name}.attention", last, [f"{source}.{part}" for part in "qkv"])
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        self._node("Split", [f"{name}.attention"], parts, axis=2)
        context = f"{name}.context"
        self._node("MultiHeadAttention", parts, context, num_heads=self._header.heads)
        self._linear(f"{name}.mixed", context, [f"{source}.ao"])
        middle = self._add_and_normalize(f"{name}.middle", last, f"{name}.mixed", f"{source}.aln")
        self._linear(f"{name}.inner", middle, [f"{source}.fi"])
        self._node("Gelu", [f"{name}.inner"], f"{name}.active")
        self._linear(f"{name}.output", f"{name}.active", [f"{source}.fo"], inner)
        return self._add_and_normalize(f"{name}.end", middle, f"{name}.output", f"{source}.oln")

    def _linear(self, name: str, last: str, sources: list[str], columns: int | None = None) -> None:
        """One matrix product; several sources become one matrix."""
        columns = columns or self._header.hidden_size
        parts = [self._weights.quantized(f"{source}.w", columns) for source in sources]
        matrix = np.concatenate([part.dequantize() for part in parts]).T
        biases = [self._weights.tensor(f"{source}.b") for source in sources]
        bias = self._constant(f"{name}.bias", np.concatenate(biases))
        if not self._quantize or name in _FLOAT_MATRICES:
            self._node(
                "MatMul", [last, self._constant(f"{name}.weight", matrix)], f"{name}.product"
            )
            self._node("Add", [f"{name}.product", bias], name)
            return
        scales = np.abs(matrix).max(axis=0) / np.float32(_LIMIT)
        integers = np.clip(np.rint(matrix / scales), -_LIMIT, _LIMIT).astype(np.int8)
        inputs = [
            last,
            self._constant(f"{name}.weight", integers),
            self._constant(f"{name}.scale", scales),
            self._constant(f"{name}.zero", np.zeros(len(scales), np.int8)),
            bias,
        ]
        self._node("DynamicQuantizeMatMul", inputs, name)

    def _add_and_normalize(self, name: str, left: str, right: str, source: str) -> str:
        scale = self._constant(f"{name}.scale", self._weights.tensor(f"{source}.w"))
        bias = self._constant(f"{name}.bias", self._weights.tensor(f"{source}.b"))
        epsilon = self._header.layer_norm_epsilon
        inputs = [left, right, scale, bias]
        self._node("SkipLayerNormalization", inputs, name, epsilon=epsilon)
        return name

    def _constant(self, name: str, values: NDArray[np.generic]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(
        self, operation: str, inputs: list[str], output: str | list[str], **attributes: object
    ) -> None:
        outputs = [output] if isinstance(output, str) else output
        domain = _MICROSOFT if operation in _MICROSOFT_OPERATIONS else ""
        node = helper.make_node(operation, inputs, outputs, domain=domain, **attributes)
        self._nodes.append(node)


def _pack(nibbles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two neighbours in one byte, the first in its low half."""
    return nibbles[:, 0::2] | (nibbles[:, 1::2] << np.uint8(4))
