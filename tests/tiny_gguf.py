"""A GGUF file of a language model with two layers and random weights, as llama.cpp reads it."""

from pathlib import Path

import gguf
import numpy as np

_WIDTH, _HIDDEN, _HEADS, _LAYERS = 32, 64, 4, 2


def write_gguf(file: Path) -> Path:
    """Write a model that speaks nonsense, byte by byte."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kind = gguf.TokenType
    types = [kind.UNKNOWN, kind.CONTROL, kind.CONTROL, *[kind.BYTE] * 256]
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_context_length(16384)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_HIDDEN)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, shape in _tensors(len(tokens)).items():
        writer.add_tensor(f"{name}.weight", _random(shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _tensors(vocabulary: int) -> dict[str, tuple[int, ...]]:
    square = (_WIDTH, _WIDTH)
    layer = {
        "attn_norm": (_WIDTH,),
        "attn_q": square,
        "attn_k": square,
        "attn_v": square,
        "attn_output": square,
        "ffn_norm": (_WIDTH,),
        "ffn_gate": (_HIDDEN, _WIDTH),
        "ffn_up": (_HIDDEN, _WIDTH),
        "ffn_down": (_WIDTH, _HIDDEN),
    }
    layers = {f"blk.{n}.{name}": shape for n in range(_LAYERS) for name, shape in layer.items()}
    ends = {"token_embd": (vocabulary, _WIDTH), "output_norm": (_WIDTH,)}
    return ends | layers | {"output": (vocabulary, _WIDTH)}


def _random(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)
