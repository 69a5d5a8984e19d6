"""A randomly initialised BERT with a word tokenizer, small enough to be made by a test."""

from collections.abc import Sequence
from pathlib import Path

_LONGEST = 64


def save_tiny_bert(folder: Path, words: Sequence[str], *, judges: bool = False) -> Path:
    """Save one that knows these words; ``judges`` gives it a score for a pair of texts."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        BertModel,
        PreTrainedTokenizerFast,
    )

    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(7)
    shape = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=_LONGEST,
        pad_token_id=0,
        num_labels=1,
    )
    bert = BertForSequenceClassification(shape) if judges else BertModel(shape)
    bert.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=_LONGEST
    ).save_pretrained(folder)
    return folder
