"""How long an artefact that is in the cache takes to be found, in this process, as JSON.

python -m benchmarks.found MODEL RES
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    model, res = sys.argv[1:]
    begin = time.perf_counter()
    from edgeprof.config import load_request
    from edgeprof.convert import known
    from edgeprof.convert.cache import Cache
    from edgeprof.workflow.prepare import recipe_of

    request = load_request({"models": (model,), "res": res}, cwd=Path("/"), environ={})
    recipe, cache = recipe_of(request, model, "onnxruntime"), Cache.default()
    ready = time.perf_counter()
    artefact = known(recipe, cache)
    found = time.perf_counter()
    if artefact is None or not os.path.isfile(artefact.path):
        raise SystemExit(f"{model} at {res} is not in the cache")
    print(json.dumps({"ready_s": ready - begin, "found_s": found - ready}))


if __name__ == "__main__":
    main()
