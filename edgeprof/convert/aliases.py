"""The names the field uses for models that timm calls something else."""

from __future__ import annotations

_VIT = {
    f"{family}_{size}": f"{family}_{size}_patch16_224"
    for family in ("vit", "deit", "deit3")
    for size in ("tiny", "small", "base", "large")
    if (family, size) not in {("deit", "large"), ("deit3", "tiny")}
}
_DINO = {
    f"dinov2_{short}": f"vit_{size}_patch14_dinov2"
    for short, size in (
        ("vits14", "small"),
        ("vitb14", "base"),
        ("vitl14", "large"),
        ("vitg14", "giant"),
        ("small", "small"),
        ("base", "base"),
        ("large", "large"),
        ("giant", "giant"),
    )
}

ALIASES = {
    **_VIT,
    **_DINO,
    "mobilenetv2": "mobilenetv2_100",
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenetv3_large": "mobilenetv3_large_100",
    "mobilenetv3_small": "mobilenetv3_small_100",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "mobilenet_v3_small": "mobilenetv3_small_100",
    "mobilenetv4_small": "mobilenetv4_conv_small",
    "mobilenetv4_medium": "mobilenetv4_conv_medium",
    "mobilenetv4_large": "mobilenetv4_conv_large",
    "mobilevit": "mobilevit_s",
    "mobilevitv2": "mobilevitv2_100",
    "efficientnet": "efficientnet_b0",
    "efficientnet_v2_s": "efficientnetv2_s",
    "efficientnet_v2_m": "efficientnetv2_m",
    "efficientnet_v2_l": "efficientnetv2_l",
    "efficientformer": "efficientformer_l1",
    "fastvit": "fastvit_t8",
    "ghostnet": "ghostnet_100",
    "mnasnet": "mnasnet_100",
    "swin_tiny": "swin_tiny_patch4_window7_224",
    "swin_small": "swin_small_patch4_window7_224",
    "swin_base": "swin_base_patch4_window7_224",
    "swin_t": "swin_tiny_patch4_window7_224",
    "swinv2_tiny": "swinv2_tiny_window8_256",
    "swinv2_small": "swinv2_small_window8_256",
    "swinv2_base": "swinv2_base_window8_256",
    "vit_b_16": "vit_base_patch16_224",
    "vit_l_16": "vit_large_patch16_224",
    "vit_b_32": "vit_base_patch32_224",
    "regnet_y_1_6gf": "regnety_016",
    "hrnet": "hrnet_w18",
    "mixer_base": "mixer_b16_224",
}
