"""Made-up sentences over the small course, with the quotes they cite and whether these bear them.

The unsupported ones are fluent, on the topic and free of wrong figures, names and negations, so
that only the support score can tell them from the supported ones.
"""

QUOTES = {
    "sdpa": "**缩放点积注意力**（scaled dot-product attention）是用查询与键的内积"
    "给值加权求和的运算。",
    "variance": "它除以 $\\sqrt{d_k}$，是为了让内积的方差保持为 1。",
    "saturation": "因为不缩放时内积的方差随维度线性增长，softmax 会饱和，梯度会消失。",
    "cache": "The KV cache stores the keys and values of past tokens, so that each decoding step "
    "computes only\nthe new token.",
    "size": "Its size grows linearly with the sequence length.",
    "gqa": "Grouped-query attention (GQA) lets several query heads share one key head, which "
    "shrinks the KV\ncache by the group size.",
    "quantization": "量化是用低比特整数表示权重和激活的压缩方法。",
    "int8": "INT8 量化把每个权重存成 8 位整数。",
    "qlora": "QLoRA 把冻结的权重量化成 4 比特的 NF4，再训练低秩适配器。",
}
HEADINGS = {
    "sdpa": "注意力机制", "variance": "注意力机制", "saturation": "注意力机制", "cache": "KV cache",
    "size": "KV cache", "gqa": "Grouped-query attention", "quantization": "量化", "int8": "量化",
    "qlora": "QLoRA",
}  # fmt: skip

SUPPORTED = [
    ("缩放点积注意力用查询和键的内积作为权重，对值加权求和。", "sdpa"),
    ("缩放点积注意力就是以查询与键的内积对值做加权求和。", "sdpa"),
    ("除以根号 d_k 是为了让内积的方差保持为 1。", "variance"),
    ("这样做可以把内积的方差稳定在 1。", "variance"),
    ("如果不缩放，内积的方差会随维度线性增长，使 softmax 饱和、梯度消失。", "saturation"),
    ("不缩放会让 softmax 饱和，梯度也就消失了。", "saturation"),
    ("KV cache 保存过去 token 的键和值。", "cache"),
    ("KV cache 存下过去 token 的键与值，所以每个解码步只需计算新的 token。", "cache"),
    ("KV cache 的大小随序列长度线性增长。", "size"),
    ("分组查询注意力（GQA）让多个查询头共享一个键头，从而缩小 KV cache。", "gqa"),
    ("量化是一种压缩方法，用低比特整数来表示权重和激活。", "quantization"),
    ("INT8 量化用 8 位整数存储每个权重。", "int8"),
    ("QLoRA 先把冻结的权重量化为 4 比特的 NF4，然后训练低秩适配器。", "qlora"),
    ("QLoRA 用 NF4 格式量化权重。", "qlora"),
    ("Scaled dot-product attention sums values, weighted by inner products of queries and keys.",
     "sdpa"),
    ("Dividing by sqrt(d_k) keeps the variance of the inner product at 1.", "variance"),
    ("Without scaling, the variance of the inner product grows linearly with the dimension and "
     "softmax saturates.", "saturation"),
    ("The KV cache keeps the keys and values of past tokens.", "cache"),
    ("It stores keys and values of earlier tokens, so each decoding step computes just a new one.",
     "cache"),
    ("The size of the KV cache grows linearly with sequence length.", "size"),
    ("GQA shrinks the KV cache because several query heads share one key head.", "gqa"),
    ("In grouped-query attention, several query heads share a single key head.", "gqa"),
    ("Quantization compresses a model by representing weights and activations with low-bit "
     "integers.", "quantization"),
    ("INT8 quantization stores each weight as an 8-bit integer.", "int8"),
    ("QLoRA quantizes the frozen weights to 4-bit NF4 and then trains low-rank adapters.", "qlora"),
    ("QLoRA uses NF4 for the weights.", "qlora"),
]  # fmt: skip

UNSUPPORTED = [
    ("缩放点积注意力的计算量与序列长度的平方成正比。", "sdpa"),
    ("缩放点积注意力最早用于机器翻译任务。", "sdpa"),
    ("除以根号 d_k 可以节省显存并加快训练。", "variance"),
    ("这样做能让模型学到更好的位置信息。", "variance"),
    ("梯度裁剪是解决梯度爆炸的常用手段。", "saturation"),
    ("softmax 的输出可以看作概率分布，用来采样下一个词。", "saturation"),
    ("KV cache 通常放在显存里，由推理引擎分页管理。", "cache"),
    ("KV cache 会占用大量显存，是长文本推理的瓶颈。", "size"),
    ("多查询注意力会损失一部分模型质量。", "gqa"),
    ("GQA 需要从已有的检查点继续训练才能恢复效果。", "gqa"),
    ("量化会带来精度损失，需要用校准数据来弥补。", "quantization"),
    ("量化之后的模型可以在手机上流畅运行。", "int8"),
    ("低秩适配器在推理时可以合并回原来的权重。", "qlora"),
    ("大语言模型在预训练时从海量文本中学习知识。", "qlora"),
    ("今天天气很好，适合出去散步。", "cache"),
    ("Attention is trained with a cross-entropy loss over the vocabulary.", "sdpa"),
    ("Attention heads specialise in syntax and coreference during training.", "sdpa"),
    ("The learning rate should be warmed up before it decays.", "variance"),
    ("Residual connections help gradients flow through deep networks.", "saturation"),
    ("The cache is evicted when memory runs out, starting with the oldest tokens.", "cache"),
    ("Decoding is faster on accelerators with high memory bandwidth.", "cache"),
    ("Long sequences are split into chunks that are processed on several devices.", "size"),
    ("Sharing heads improves the quality of translation considerably.", "gqa"),
    ("Quantization needs special hardware instructions to be fast.", "quantization"),
    ("Outliers in the activations make integer arithmetic difficult.", "int8"),
    ("Low-rank adapters were first tested on question answering.", "qlora"),
    ("Fine-tuning on instructions makes a model follow requests.", "qlora"),
    ("Bread rises because yeast produces gas.", "gqa"),
]

# One word is another's, the rest is the quote's.
EXCHANGED = [
    ("The KV cache stores bananas.", "cache"),
    ("KV cache 保存过去 token 的图片。", "cache"),
    ("QLoRA 把冻结的权重量化成 4 比特的 NF4，再训练视觉编码器。", "qlora"),
    ("GQA shrinks the vocabulary by the group size.", "gqa"),
    ("量化是用低比特整数表示位置编码的压缩方法。", "quantization"),
]
