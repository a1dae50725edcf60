"""A model made by timm and exported by torch as anyone would, with nothing of edgeprof.

python -m benchmarks.bare_export MODEL HEIGHTxWIDTH|native PATH
"""

from __future__ import annotations

import sys


def main() -> None:
    import timm
    import torch

    name, size, path = sys.argv[1:]
    model = timm.create_model(name).eval()
    own = model.pretrained_cfg["input_size"][1:]
    height, width = own if size == "native" else map(int, size.split("x"))
    torch.onnx.export(model, (torch.randn(1, 3, height, width),), path, dynamo=True, verbose=False)


if __name__ == "__main__":
    main()
