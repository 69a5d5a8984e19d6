"""Follow-up questions of both languages over a small course, and how each is to be understood."""

NOTES = {
    "优化器.md": """# 优化器

## Adam

Adam 为每个参数保存一阶矩和二阶矩，用它们调整学习率。它的缺点是多占两份显存。

## AdamW

AdamW 把权重衰减从梯度里分离出来，泛化比 Adam 好。训练时要注意预热步数。

## SGD

SGD 只用当前批次的梯度更新参数，内存开销最小，但对学习率很敏感，在图像任务上仍然常用。
""",
    "normalization.md": """# Normalization

## Batch normalization

Batch normalization normalizes each feature over the batch. Its statistics are noisy when the batch
is small, and inference uses running averages.

## Layer normalization

Layer normalization normalizes each token over its features, so it does not depend on the batch.
It is the choice of the Transformer.

## Dropout

Dropout zeroes random activations during training and is switched off at inference.
""",
    "分词.md": """# 分词

英文文本按空格和标点切分，再用子词算法合并。

## BPE

BPE 从字符开始，反复合并出现次数最多的一对符号。

## WordPiece

WordPiece 选择使似然提高最多的一对来合并。
""",
    "减少过拟合.md": """# 减少过拟合

常见的做法有三种：

1. **早停**：验证误差不再下降时停止训练。
2. **Dropout**：训练时随机丢弃激活。
3. **权重衰减**：让权重趋向于零。
""",
}

LIST = """常见的做法有三种：

1. **早停**：验证误差不再下降时停止训练。[1]

2. **Dropout**：训练时随机丢弃激活。[2]

3. **权重衰减**：让权重趋向于零。[3]"""

# The last question, the next one, and what that means; None where it stays as it is.
CHINESE = [
    # pronouns
    ("什么是 AdamW？", "它有什么缺点？", "AdamW 有什么缺点？"),
    ("什么是 AdamW？", "那它和 SGD 比呢？", "AdamW 和 SGD 比呢？"),
    ("什么是 AdamW？", "SGD 和它有什么区别", "SGD 和 AdamW 有什么区别"),
    ("什么是 AdamW？", "它的学习率怎么选？", "AdamW 的学习率怎么选？"),
    ("什么是 AdamW？", "这种方法适合什么场景？", "AdamW 适合什么场景？"),
    ("什么是 AdamW？", "这个公式怎么推导？", "AdamW 的公式怎么推导？"),
    ("什么是 AdamW？", "其优点是什么？", "AdamW 的优点是什么？"),
    ("什么是 AdamW？", "那在图像任务上它表现如何？", "在图像任务上 AdamW 表现如何？"),
    ("BPE 和 WordPiece 有什么区别？", "它们哪个更快？", "BPE 和 WordPiece 哪个更快？"),
    ("BPE 和 WordPiece 有什么区别？", "这两种方法都要训练吗？", "BPE 和 WordPiece 都要训练吗？"),
    # nothing said of whom
    ("什么是 AdamW？", "有什么缺点", "AdamW 有什么缺点"),
    ("什么是 AdamW？", "优缺点呢？", "AdamW 的优缺点呢？"),
    ("什么是 AdamW？", "怎么实现？", "AdamW 怎么实现？"),
    ("什么是 AdamW？", "时间复杂度是多少？", "AdamW 的时间复杂度是多少？"),
    ("什么是 AdamW？", "可以用在图像任务上吗？", "AdamW：可以用在图像任务上吗？"),
    ("什么是 AdamW？", "需要多少显存？", "AdamW：需要多少显存？"),
    ("什么是 AdamW？", "那训练时要注意什么？", "AdamW：训练时要注意什么？"),
    # one side of a comparison
    ("什么是 AdamW？", "和 SGD 有什么区别？", "AdamW 和 SGD 有什么区别？"),
    ("什么是 AdamW？", "那跟 SGD 相比呢", "AdamW 跟 SGD 相比呢"),
    ("什么是 AdamW？", "SGD 有什么不同？", "AdamW：SGD 有什么不同？"),
    # something else in its place
    ("AdamW 的内存开销大吗？", "那 SGD 呢？", "SGD 的内存开销大吗？"),
    ("英文文本怎么切分？", "那中文呢？", "英文文本怎么切分？那中文呢？"),
    ("BPE 和 WordPiece 有什么区别？", "SGD 呢？", "BPE 和 WordPiece 有什么区别？SGD 呢？"),
    # about what was said
    ("什么是 AdamW？", "为什么？", "什么是 AdamW？为什么？"),
    ("什么是 AdamW？", "再详细一点", "什么是 AdamW？再详细一点"),
    ("什么是 AdamW？", "能举个例子吗？", "什么是 AdamW？能举个例子吗？"),
    ("什么是 AdamW？", "这是为什么？", "什么是 AdamW？这是为什么？"),
    ("什么是 AdamW？", "还有别的吗", "什么是 AdamW？还有别的吗"),
    ("英文文本怎么切分？", "不切分会怎样？", "英文文本怎么切分？不切分会怎样？"),
    ("什么是 AdamW？", "还有别的方法吗", "什么是 AdamW？还有别的方法吗"),
    ("有哪些优化器？", "那 SGD 呢？", "有哪些优化器？那 SGD 呢？"),
    ("过拟合怎么办？", "那 Dropout 呢？", "过拟合怎么办？那 Dropout 呢？"),
    # one of several
    ("BPE 和 WordPiece 有什么区别？", "哪个需要训练？", "BPE 和 WordPiece：哪个需要训练？"),
    ("怎么减少过拟合？", "第二种具体怎么做？", "Dropout 具体怎么做？"),
    ("怎么减少过拟合？", "第二种方法呢？", "怎么减少过拟合？Dropout 呢？"),
    ("怎么减少过拟合？", "第三种有什么缺点？", "权重衰减有什么缺点？"),
    ("怎么减少过拟合？", "最后一种怎么实现？", "权重衰减怎么实现？"),
    ("BPE 和 WordPiece 有什么区别？", "后者怎么选符号？", "WordPiece 怎么选符号？"),
    # all said
    ("什么是 AdamW？", "什么是 BPE？", None),
    ("什么是 AdamW？", "哪个优化器最省显存？", None),
    ("什么是 AdamW？", "那什么是 BPE 呢？", None),
    ("什么是 AdamW？", "BPE 和 WordPiece 有什么区别？", None),
    ("什么是 AdamW？", "什么是 BPE，它有什么优点？", None),
    ("什么是 AdamW？", "如果用 SGD，它会收敛吗？", None),
    ("什么是 AdamW？", "与学习率相关的技巧有哪些？", None),
    ("什么是 AdamW？", "比较一下 BPE 和 WordPiece", None),
    ("什么是 AdamW？", "那 BPE 的缺点呢？", None),
    ("什么是 AdamW？", "这门课讲什么？", None),
    ("什么是 AdamW？", "其他优化器有 SGD 吗？", None),
    ("什么是 AdamW？", "那怎么做红烧肉？", None),
    ("什么是 AdamW？", "能用来炒菜吗？", None),
    ("什么是 AdamW？", "谢谢！", None),
    ("什么是 AdamW？", "？？", None),
]
ENGLISH = [
    (
        "What is batch normalization?",
        "What are the drawbacks?",
        "What are the drawbacks of batch normalization?",
    ),
    (
        "What is batch normalization?",
        "How does it compare to dropout?",
        "How does batch normalization compare to dropout?",
    ),
    (
        "What is batch normalization?",
        "What happens to its statistics at inference?",
        "What happens to batch normalization's statistics at inference?",
    ),
    (
        "What is batch normalization?",
        "Does this method depend on the batch?",
        "Does batch normalization depend on the batch?",
    ),
    (
        "What is batch normalization?",
        "Where does this formula come from?",
        "Where does batch normalization's formula come from?",
    ),
    (
        "What is batch normalization?",
        "How is that different from dropout?",
        "How is batch normalization different from dropout?",
    ),
    (
        "What is batch normalization?",
        "Is it hard to train?",
        "Is batch normalization hard to train?",
    ),
    (
        "What is batch normalization?",
        "it's slow, isn't it?",
        "batch normalization is slow, isn't it?",
    ),
    (
        "What is batch normalization?",
        "In small batches, how does it behave?",
        "In small batches, how does batch normalization behave?",
    ),
    ("What is batch normalization?", "any limitations?", "any limitations of batch normalization?"),
    ("What is batch normalization?", "Which is better?", "batch normalization: Which is better?"),
    (
        "What is batch normalization?",
        "compared to dropout?",
        "batch normalization compared to dropout?",
    ),
    (
        "What is batch normalization?",
        "is dropout better?",
        "batch normalization: is dropout better?",
    ),
    (
        "What is batch normalization?",
        "what about layer normalization?",
        "What is layer normalization?",
    ),
    ("What is batch normalization?", "And dropout?", "What is dropout?"),
    (
        "What is batch normalization?",
        "and for Chinese?",
        "What is batch normalization? and for Chinese?",
    ),
    ("What is batch normalization?", "why?", "What is batch normalization? why?"),
    ("What is batch normalization?", "Why is that?", "What is batch normalization? Why is that?"),
    ("What is batch normalization?", "tell me more", "What is batch normalization? tell me more"),
    (
        "What is batch normalization?",
        "Can you give an example?",
        "What is batch normalization? Can you give an example?",
    ),
    ("How do BPE and WordPiece differ?", "Are they fast?", "Are BPE and WordPiece fast?"),
    ("How do BPE and WordPiece differ?", "the latter's cost?", "WordPiece's cost?"),
    (
        "How do BPE and WordPiece differ?",
        "Which one needs training?",
        "BPE and WordPiece: Which one needs training?",
    ),
    (
        "How does spectral normalization work?",
        "what about layer normalization?",
        "How does spectral normalization work? what about layer normalization?",
    ),
    ("什么是批归一化？", "What are its drawbacks?", "What are batch normalization's drawbacks?"),
    (
        "What is batch normalization?",
        "Which one is used in practice?",
        "What is batch normalization? Which one is used in practice?",
    ),
    ("What is batch normalization?", "What is dropout?", None),
    ("What is batch normalization?", "And what is dropout?", None),
    ("What is batch normalization?", "What is dropout and how does it work?", None),
    ("What is batch normalization?", "When using dropout, does it slow training?", None),
    ("What is batch normalization?", "How does dropout choose its activations?", None),
    ("What is batch normalization?", "Is it possible to use dropout at inference?", None),
    ("What is batch normalization?", "Which techniques that reduce memory exist?", None),
    ("What is batch normalization?", "the difference between BPE and WordPiece?", None),
    ("What is batch normalization?", "So who won the world cup?", None),
    ("What is batch normalization?", "thanks!", None),
]
