"""Graphs whose weights lie in a second file, over a threshold of a few bytes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import pytest
from graphs import a_model, a_network, constant, written
from test_torch_export import proved

from edgeprof.convert import onnx_file, produce
from edgeprof.convert.ingredients import key_of, parts_key
from edgeprof.convert.packing import fits_one_file, write_apart
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import resolve
from edgeprof.core.artefact import digest_in
from edgeprof.core.errors import ConvertError
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Tensor
from edgeprof.core.resolution import Resolution


@pytest.fixture
def network(tmp_path):
    return str(written(a_network(channels=32), tmp_path / "network.onnx"))


@pytest.fixture
def large(network, cache):
    """The network as it would be kept if two thousand bytes were all that fit into one file."""
    return kept(network, cache)


def kept(model, cache, most_bytes=2000):
    recipe, source = Recipe(model), resolve(model)
    with cache.workspace() as folder:
        made = onnx_file.convert(model, recipe, folder, print, most_bytes)
        cache.remember(parts_key(source), {"parts": list(made.parts)})
        return cache.keep(key_of(recipe, source, made.parts), folder, made.artefact, print)


def test_the_weights_of_a_large_model_lie_in_a_second_file_and_it_computes_the_same(large, network, cache, tmp_path):
    (data,) = large.data
    graph = onnx.load(large.path, load_external_data=False)
    sizes = {tensor.name: len(tensor.raw_data) for tensor in graph.graph.initializer}

    assert sizes["w2"] == 0 < sizes["b1"]
    assert Path(data).parent == Path(large.path).parent
    assert digest_in(data) == digest_of_file(data)
    assert large.size_bytes == Path(large.path).stat().st_size + Path(data).stat().st_size
    assert large.card["passes"].startswith("none")
    assert proved(large, tmp_path).holds
    assert produce(Recipe(network), cache, print) == large


def test_the_digest_of_the_graph_stands_for_the_weights_too(large, network, cache, tmp_path):
    model = a_network(channels=32)
    (weights,) = [tensor for tensor in model.graph.initializer if tensor.name == "w2"]
    weights.CopyFrom(constant("w2", np.ones(weights.dims)))  # of the graph's own file nothing changes
    other = kept(str(written(model, tmp_path / "other.onnx")), cache)

    assert other.digest != large.digest
    assert other.data != large.data


@pytest.mark.parametrize("verify", [False, True])
def test_weights_that_rot_are_made_again(large, network, cache, said, verify):
    (data,) = map(Path, large.data)
    content, stamp = data.read_bytes(), data.stat().st_mtime_ns
    data.write_bytes(bytes(len(content)) if verify else content[:-1])
    if verify:
        os.utime(data, ns=(stamp, stamp))
    checked = type(cache)(cache.root, verify=verify)

    again = produce(Recipe(network), checked, said.append)

    assert "damaged" in said[0]
    assert data.name in said[0]
    assert proved(again, cache.root).holds


def test_an_entry_counts_and_goes_with_its_weights(large, cache):
    (entry,) = cache.entries()

    assert entry.size_bytes > large.size_bytes
    cache.gc(0)
    assert not Path(large.data[0]).exists()
    assert cache.entries() == []


def test_weights_in_many_files_become_one_and_shared_ones_stay_shared(tmp_path, cache):
    weights = np.arange(4096, dtype=np.float32).reshape(1, 4096)
    model = a_model(
        [("Add", ("x", "a"), "one"), ("Add", ("one", "b"), "two"), ("Add", ("two", "c"), "three")],
        [constant(name, weights * factor) for name, factor in (("a", 1), ("b", 2), ("c", 1))],
        shape=(1, 4096),
    )
    path = tmp_path / "many.onnx"
    onnx.save(model, path, save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=0)
    apart = onnx.load(path, load_external_data=False)
    stored = {tensor.name: tensor for tensor in apart.graph.initializer}
    stored["c"].CopyFrom(stored["a"])
    stored["c"].name = "c"
    onnx.save(apart, path)

    made = kept(str(path), cache)

    assert {"a", "b"} <= {file.name for file in tmp_path.iterdir()}
    assert Path(made.data[0]).stat().st_size == 2 * weights.nbytes
    expected = np.load(made.references[0].inputs[0]) + 4 * weights
    assert np.allclose(np.load(made.references[0].outputs[0]), expected)


@pytest.fixture
def placed(tmp_path):
    """A model in a folder of its own whose weights lie where they are said to lie, and a file beside that folder."""
    (tmp_path / "secret.bin").write_bytes(bytes(16384))
    folder = tmp_path / "model"
    folder.mkdir()
    path = folder / "model.onnx"

    def at(**where):
        weights = constant("a", np.ones((1, 4096)))
        graph = a_model([("Add", ("x", "a"), "y")], [weights], shape=(1, 4096))
        onnx.save(graph, path, save_as_external_data=True)
        model = onnx.load(path, load_external_data=False)
        for entry in model.graph.initializer[0].external_data:
            entry.value = where.get(entry.key, entry.value)
        onnx.save(model, path)
        return str(path)

    return at


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "linked.bin"])
def test_weights_outside_the_models_folder_are_refused(placed, tmp_path, cache, location):
    (tmp_path / "model" / "linked.bin").symlink_to(tmp_path / "secret.bin")

    with pytest.raises(ConvertError, match="outside the model's folder"):
        produce(Recipe(placed(location=location)), cache, print)


@pytest.mark.parametrize("where", [{"offset": "-8"}, {"length": "much"}, {"length": "9" * 30}], ids=str)
def test_weights_at_no_place_are_refused(placed, cache, where):
    with pytest.raises(ConvertError, match="the weights of"):
        produce(Recipe(placed(**where)), cache, print)


def test_a_model_fits_one_file_by_what_lies_beside_it_too(tmp_path):
    weights = constant("a", np.ones((1, 4096)))
    path = tmp_path / "model.onnx"
    onnx.save(a_model([("Add", ("x", "a"), "y")], [weights], shape=(1, 4096)), path, save_as_external_data=True)
    model = onnx.load(path, load_external_data=False)

    assert fits_one_file(model, tmp_path, 20_000)
    assert not fits_one_file(model, tmp_path, 16_384)
    packed = write_apart(model, tmp_path, tmp_path)
    assert fits_one_file(onnx.load(packed.path, load_external_data=False), tmp_path, 20_000)


def test_a_model_in_two_files_is_not_made_int8_and_that_is_said(large, network, cache):
    with pytest.raises(ConvertError, match="a file of their own, is not converted to int8") as raised:
        produce(Recipe(network, precision="int8", quantisation="u8s8"), cache, print)

    assert raised.value.hint == "use --precision fp16 or fp32"


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_model_in_two_files_takes_frames_with_its_weights_beside_it(large, network, cache, tmp_path, precision):
    made = produce(Recipe(network, frame=Resolution(20, 30), precision=precision), cache, print)

    assert made.inputs == (Tensor("frame", (1, 20, 30, 3), "uint8"),)
    assert made.card["normalisation"] == "one multiplication and one addition in the graph"
    assert bool(made.data) == (precision == "fp32")
    assert all(Path(file).parent == Path(made.path).parent for file in made.data)
    assert proved(made, tmp_path).relative_l2 < (1e-5 if precision == "fp32" else 1e-2)
