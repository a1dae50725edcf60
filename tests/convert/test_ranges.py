import subprocess
import sys
import weakref

import numpy as np  # noqa: TID253
import pytest
from graphs import a_model, a_network, constant, written

from edgeprof.convert.ranges import measured, ranges_from
from edgeprof.core.errors import ConvertError


def ranges_of(model, feeds, tmp_path, operators=()):
    return ranges_from(measured(written(model, tmp_path / "m.onnx"), feeds, tmp_path, operators))


def row(*values):
    return {"x": np.array([values], np.float32)}


def test_the_range_of_every_tensor_is_that_of_all_inputs_together(tmp_path):
    model = a_model([("Mul", ("x", "c"), "y"), ("Neg", ("y",), "z")], [constant("c", 10.0)])

    seen = ranges_of(model, [row(1, 2, 3, 4), row(-5, 0, 0, 0), row(0, 0, 0, 0)], tmp_path)

    assert seen == {"x": (-5, 4), "y": (-50, 40), "z": (-40, 50)}


def test_of_chosen_operators_only_what_they_read_and_make_is_measured(tmp_path):
    model = a_model([("Mul", ("x", "c"), "y"), ("Neg", ("y",), "z"), ("Abs", ("z",), "out")], [constant("c", 10.0)])

    assert set(ranges_of(model, [row(1, 2, 3, 4)], tmp_path, ["Neg"])) == {"y", "z"}


def test_integers_have_no_range_here_and_infinity_has(tmp_path):
    nodes = [("Shape", ("x",), "size"), ("Log", ("x",), "y")]

    seen = ranges_of(a_model(nodes, output="y"), [row(0, 1, 1, 1)], tmp_path)

    assert seen["y"] == (-np.inf, 0)
    assert "size" not in seen


def test_a_nan_is_a_conversion_error(tmp_path):
    with pytest.raises(ConvertError, match='"y"'), np.errstate(all="ignore"):
        ranges_of(a_model([("Sqrt", ("x",), "y"), ("Neg", ("y",), "z")]), [row(-1, -1, -1, -1)], tmp_path)


def test_a_graph_that_does_not_run_is_a_conversion_error(tmp_path):
    model = a_model([("Reshape", ("x", "shape"), "y")], [constant("shape", [3, 3], np.int64)])

    with pytest.raises(ConvertError, match="cannot be measured"):
        ranges_of(model, [row(1, 2, 3, 4)], tmp_path)


def test_a_deep_network_is_not_held_in_memory_as_a_whole(tmp_path):
    """60 activations of 8 MiB: onnxruntime's default order would come to their extremes last and keep them all."""
    nodes = [("Neg", (f"t{place}" if place else "x",), f"t{place + 1}") for place in range(60)]
    path = written(a_model(nodes, shape=(1, 2, 1024, 1024)), tmp_path / "deep.onnx")
    script = (
        "import sys, re, numpy as np; from pathlib import Path\n"
        "from edgeprof.convert.ranges import measured\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) >> 10\n"
        "feed = {'x': np.ones((1, 2, 1024, 1024), np.float32)}\n"
        "import onnxruntime.quantization; before = peak()\n"
        "seen = measured(Path(sys.argv[1]), [feed], Path(sys.argv[2]))\n"
        "print(len(list(seen)), peak() - before)"
    )

    ended = subprocess.run([sys.executable, "-c", script, path, tmp_path], capture_output=True, text=True)

    count, mib = map(int, ended.stdout.split())
    assert count == 61
    assert mib < 200


class Feed(dict):
    __hash__ = object.__hash__


def test_feeds_are_asked_for_one_by_one_and_let_go(tmp_path):
    alive = weakref.WeakSet()
    most = []

    def feeds():
        for _ in range(6):
            feed = Feed(image=np.zeros((1, 3, 16, 16), np.float32))
            alive.add(feed)
            most.append(len(alive))
            yield feed
            del feed

    seen = ranges_of(a_network(), feeds(), tmp_path)

    assert len(most) == 6
    assert max(most) <= 2
    assert {"image", "c1", "gated", "logits"} <= set(seen)
