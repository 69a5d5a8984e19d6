"""multilingual-e5-small as a Hugging Face BERT folder with float32 weights.

The form that training and other engines read; the packaged graph is checked against it.
"""

import json
from pathlib import Path

from index.e5.folder import write_tokenizer
from index.e5.runner import MAX_TOKENS
from index.e5.weights import FloatArray, PackagedWeights


def write_bert_folder(weights: PackagedWeights, folder: Path) -> None:
    """Write a folder that sentence-transformers loads; the folder must exist and be empty."""
    from safetensors.numpy import save_file

    header = weights.header
    _write_json(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "attention_probs_dropout_prob": 0.0,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.0,
            "hidden_size": header.hidden_size,
            "intermediate_size": header.feed_forward_size,
            "layer_norm_eps": header.layer_norm_epsilon,
            "max_position_embeddings": header.max_positions,
            "num_attention_heads": header.heads,
            "num_hidden_layers": header.layers,
            "pad_token_id": weights.vocabulary.padding,
            "dtype": "float32",
            "type_vocab_size": 2,
            "vocab_size": header.vocabulary_size,
        },
    )
    write_tokenizer(weights.vocabulary, folder)
    _write_sentence_transformers_files(header.hidden_size, folder)
    save_file(state_dict(weights), folder / "model.safetensors", {"format": "pt"})


def state_dict(weights: PackagedWeights) -> dict[str, FloatArray]:
    """All weights as float32 under the names that Hugging Face's BERT uses."""
    header = weights.header
    width, inner = header.hidden_size, header.feed_forward_size
    tensors = {
        "embeddings.word_embeddings.weight": weights.quantized("emb.word", width).dequantize(),
        "embeddings.position_embeddings.weight": weights.tensor("emb.pos").reshape(-1, width),
        "embeddings.token_type_embeddings.weight": weights.tensor("emb.type").reshape(-1, width),
        "embeddings.LayerNorm.weight": weights.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.tensor("emb.ln.b"),
    }
    linear = {
        "attention.self.query": ("q", width),
        "attention.self.key": ("k", width),
        "attention.self.value": ("v", width),
        "attention.output.dense": ("ao", width),
        "intermediate.dense": ("fi", width),
        "output.dense": ("fo", inner),
    }
    norms = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}
    for layer in range(header.layers):
        target = f"encoder.layer.{layer}"
        for name, (short, inputs) in linear.items():
            matrix = weights.quantized(f"l{layer}.{short}.w", inputs)
            tensors[f"{target}.{name}.weight"] = matrix.dequantize()
            tensors[f"{target}.{name}.bias"] = weights.tensor(f"l{layer}.{short}.b")
        for name, short in norms.items():
            tensors[f"{target}.{name}.weight"] = weights.tensor(f"l{layer}.{short}.w")
            tensors[f"{target}.{name}.bias"] = weights.tensor(f"l{layer}.{short}.b")
    return tensors


def _write_sentence_transformers_files(width: int, folder: Path) -> None:
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "sep_token": "</s>",
            "mask_token": "<mask>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "model_max_length": MAX_TOKENS,
        },
    )
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS})
    modules = ("Transformer", "Pooling", "Normalize")
    paths = ("", "1_Pooling", "2_Normalize")
    _write_json(
        folder / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (kind, path) in enumerate(zip(modules, paths, strict=True))
        ],
    )
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    _write_json(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True},
    )
    _write_json(
        folder / "config_sentence_transformers.json",
        {
            "prompts": {"query": "query: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    )


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
