"""Which of onnxruntime's graph optimisers changes what a graph computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

# The names of ONNX Runtime 1.31; one that a version does not know switches nothing off. Those that touch every graph
# come first, since they are the first to be let off: what remains is the narrowest cause, and the cheapest to lose.
OPTIMIZERS = (
    "ConstantFolding",
    "ConstantSharing",
    "CommonSubexpressionElimination",
    "TransposeOptimizer",
    "NchwcTransformer",
    "NhwcTransformer",
    "FreeDimensionOverrideTransformer",
    "EliminateIdentity",
    "EliminateDropout",
    "EliminateSlice",
    "CastElimination",
    "CastChainElimination",
    "ExpandElimination",
    "NoopElimination",
    "PreShapeNodeElimination",
    "UnsqueezeElimination",
    "RemoveDuplicateCastTransformer",
    "ReshapeFusion",
    "ConvActivationFusion",
    "ConvAddActivationFusion",
    "MatMulActivationFusion",
    "GemmActivationFusion",
    "ConvAddFusion",
    "ConvBNFusion",
    "ConvMulFusion",
    "MatMulAddFusion",
    "MatMulScaleFusion",
    "MatmulTransposeFusion",
    "MatmulBNFusion",
    "MatMul_BatchNormalization_Fusion",
    "GemmSumFusion",
    "GemmTransposeFusion",
    "DivMulFusion",
    "NotWhereFusion",
    "WhereDummyDq",
    "FuseReluClip",
    "LabelEncoderFusion",
    "GatherToSliceFusion",
    "GatherSliceToSplitFusion",
    "SliceConcatToSpaceToDepthFusion",
    "LayerNormFusionL1",
    "LayerNormFusionL2",
    "LayerNormFusion",
    "SimplifiedLayerNormFusion",
    "SkipLayerNormFusion",
    "EmbedLayerNormFusion",
    "AttentionFusion",
    "GroupQueryAttentionFusion",
    "GeluFusionL1",
    "GeluFusionL2",
    "BiasGeluFusion",
    "FastGeluFusion",
    "QuickGeluFusion",
    "BiasSoftmaxFusion",
    "BiasDropoutFusion",
    "PropagateCastOps",
    "QDQPropagationTransformer",
    "QDQSelectorActionTransformer",
    "QDQFinalCleanupTransformer",
    "QDQS8ToU8Transformer",
    "EnsureUniqueDQForNodeUnit",
    "DoubleQDQPairsRemover",
    "WeightBiasQuantization",
    "ConstantFoldingDQ",
    "ClipQuantRewrite",
    "ReluQuantRewrite",
    "DynamicQuantizeMatMulFusion",
    "MatMulIntegerToFloatFusion",
    "MatMulNBitsFusion",
    "Avx2WeightS8ToU8Transformer",
    "Pad_Fusion",
)


def narrowest(names: Sequence[str], repairs: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
    """The fewest of the names that still repair when switched off; none where even all of them do not.

    Halves are let off, then quarters, down to single ones: a dozen questions for one culprit among seventy.
    """
    kept = tuple(names)
    if not repairs(kept):
        return ()
    size = len(kept) // 2
    while size:
        start = 0
        while start < len(kept):
            without = kept[:start] + kept[start + size :]
            if without and repairs(without):
                kept = without
            else:
                start += size
        size //= 2
    return kept
