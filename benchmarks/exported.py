"""A model as torch's exporter writes it, before any pass, and the opset it was read back in.

python -m benchmarks.exported MODEL RES PATH
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path


def main() -> None:
    import onnx
    import torch

    from edgeprof.convert.feed import feeds
    from edgeprof.convert.opset import NEWER
    from edgeprof.convert.recipe import Recipe
    from edgeprof.convert.sources import resolve
    from edgeprof.convert.torch_export import flat
    from edgeprof.convert.torch_source import subject_of
    from edgeprof.core.resolution import resolution_of

    name, res, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    with redirect_stdout(sys.stderr):
        subject = subject_of(resolve(name), Recipe(name, resolution_of(res)))
        arrays = feeds(subject.inputs, {})[0]
        example = tuple(torch.from_numpy(arrays[tensor.name]) for tensor in subject.inputs)
        names = [tensor.name for tensor in subject.inputs]
        torch.onnx.export(
            flat(subject.fresh_for_onnx()),
            example,
            str(path),
            input_names=names,
            opset_version=NEWER,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    model = onnx.load(path)
    print(json.dumps({"opset": max(each.version for each in model.opset_import if not each.domain)}))


if __name__ == "__main__":
    main()
