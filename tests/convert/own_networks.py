"""What a user's own module may hold: factories of small networks, by what sizes they take and what maps they give."""

from __future__ import annotations

import torch  # noqa: TID253
from torch import nn  # noqa: TID253


class Fixed(nn.Module):
    """Patches of 8x8 of an image of 40x40, and no other."""

    def __init__(self) -> None:
        super().__init__()
        self.input_size = (3, 40, 40)
        torch.manual_seed(1)
        self.patches = nn.Conv2d(3, 4, 8, stride=8)
        self.head = nn.Linear(4 * 25, 5)

    def forward(self, image):
        return self.head(self.patches(image).flatten(1))


class Untold(nn.Module):
    """Halves the image five times and adds halves of neighbours, so that its sides are to be multiples of 32."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.stem = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, image):
        whole = self.stem(image)
        rows, channels, height, width = whole.shape
        return whole.reshape(rows, channels, height // 32, 32, width // 32, 32).mean((3, 5)).relu()


class Values(nn.Module):
    """Its forward looks at numbers, which a tensor without data does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.input_size = (3, 32, 32)
        self.stem = nn.Conv2d(3, 4, 3)

    def forward(self, image):
        return self.stem(image) + float(image.abs().sum() > -1)


class Huge(nn.Module):
    """Its own size takes more memory than a machine has, though its input does not."""

    def __init__(self) -> None:
        super().__init__()
        self.input_size = (3, 2000, 2000)
        self.stem = nn.Conv2d(3, 1 << 16, 3)

    def forward(self, image):
        return self.stem(image)


class Staged(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.stem = nn.Conv2d(3, 4, 4, stride=4)
        self.head = nn.Linear(4, 5)

    def forward_features(self, image):
        return self.stem(image).relu()

    def forward(self, image):
        return self.head(self.forward_features(image).mean((2, 3)))


def pyramid():
    import timm

    return timm.create_model("test_resnet")
