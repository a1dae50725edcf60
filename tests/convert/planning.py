"""An artefact to build a plan of, and a build of it in another interpreter."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from edgeprof.core.artefact import Artefact
from edgeprof.core.codec import plain
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Tensor

ROOT = Path(__file__).parents[2]
# A build in another interpreter: the artefact, and the cache's folder.
SCRIPT = """
import json, resource, subprocess, sys
from pathlib import Path
from edgeprof.agent.trt.order import BuildOrder
from edgeprof.convert.cache import Cache
from edgeprof.convert.plan import plan_of
from edgeprof.core.artefact import Artefact
from edgeprof.core.codec import restore
from edgeprof.core.errors import ConvertError
{before}
artefact = restore(Artefact, json.loads(sys.argv[1]))
try:
    plan_of(artefact, BuildOrder("fp32", compute_capability="8.9"), Cache(Path(sys.argv[2])), print)
except ConvertError as error:
    print(int(error.exit), error.message)
{after}
"""


def an_artefact(path, **changes):
    artefact = Artefact(
        model="network",
        source="onnx",
        form="onnx",
        path=str(path),
        digest=digest_of_file(path),
        size_bytes=path.stat().st_size,
        precision="fp32",
        inputs=(Tensor("x", (1, 3, 16, 16), "float32"),),
        outputs=(Tensor("y", (1, 1000), "float32"),),
        tolerance=1e-5,
        notes=("rows were padded",),
        card={"opset": "20"},
    )
    return replace(artefact, **changes)


def elsewhere(artefact, root, before="", after="", wrapped=()):
    script = SCRIPT.format(before=before, after=after)
    command = [*wrapped, sys.executable, "-c", script, json.dumps(plain(artefact)), str(root)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
