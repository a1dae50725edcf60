"""A model's file as the libraries' own converters write it with nothing set, and the name of its input.

python -m benchmarks.plain_export HOW MODEL RES PATH
HOW is onnx (torch.onnx.export) or openvino (convert_model).
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from benchmarks.torch_ways import module_of


def main() -> None:
    how, name, res, path = sys.argv[1:]
    with redirect_stdout(sys.stderr):
        module, example = module_of(name, res)
        image = {"onnx": _onnx, "openvino": _openvino}[how](module, example, Path(path))
    print(json.dumps({"input": image}))


def _onnx(module: Any, example: tuple[Any, ...], path: Path) -> str:
    import onnx
    import torch

    torch.onnx.export(module, example, str(path), dynamo=True, verbose=False)
    return str(onnx.load(path, load_external_data=False).graph.input[0].name)


def _openvino(module: Any, example: tuple[Any, ...], path: Path) -> str:
    import openvino

    model = openvino.convert_model(module, example_input=example, input=[tuple(tensor.shape) for tensor in example])
    openvino.save_model(model, path, compress_to_fp16=False)
    return str(model.inputs[0].any_name)


if __name__ == "__main__":
    main()
