"""Weights from a user's file, and what becomes of one that does not belong here."""

from pathlib import Path

import numpy as np  # noqa: TID253
import onnx  # noqa: TID253
import pytest

from edgeprof.convert import produce
from edgeprof.convert.recipe import Recipe
from edgeprof.core.errors import ConvertError

pytestmark = pytest.mark.export


def checkpoint(classes=1000):
    import timm

    return timm.create_model("test_resnet", num_classes=classes).state_dict()


@pytest.mark.parametrize("kind", ["safetensors", "plain", "wrapped", "ema"])
def test_weights_come_from_a_file(cache, tmp_path, kind):
    import torch
    from safetensors.torch import save_file

    state = checkpoint(classes=7)
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.pth")
    if kind == "safetensors":
        save_file(state, path)
    elif kind == "plain":
        torch.save(state, path)
    elif kind == "wrapped":
        torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}, "epoch": 3}, path)
    else:
        torch.save({"state_dict": {}, "state_dict_ema": state}, path)

    artefact = produce(Recipe("test_resnet", weights=str(path)), cache, print)

    assert artefact.outputs[0].shape == (1, 7)
    kept = {tuple(t.dims): t for t in onnx.load(artefact.path).graph.initializer}
    assert np.allclose(onnx.numpy_helper.to_array(kept[tuple(state["fc.weight"].shape)]), state["fc.weight"].numpy())


def test_weights_that_do_not_fit_name_the_keys(cache, tmp_path):
    import torch

    state = checkpoint()
    state.pop("conv1.0.weight", None)
    first = next(iter(state))
    state["other.weight"] = state.pop(first)
    torch.save(state, tmp_path / "w.pth")

    with pytest.raises(ConvertError) as raised:
        produce(Recipe("test_resnet", weights=str(tmp_path / "w.pth")), cache, print)

    assert first in raised.value.message
    assert "other.weight" in raised.value.message


def test_a_pickle_that_would_run_something_is_refused(cache, tmp_path):
    import torch

    torch.save({"model": torch.nn.Linear(2, 2)}, tmp_path / "w.pth")
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "junk.pth").write_bytes(b"junk" * 50)
    torch.save({"epoch": 3}, tmp_path / "no-tensors.pth")

    reasons = {
        "w.pth": "want to import torch.nn.modules.linear.Linear, and only tensors are read",
        "empty.pth": "no whole torch or safetensors file",
        "junk.pth": "no whole torch or safetensors file",
        "no-tensors.pth": "hold no tensors by name",
    }
    for name, reason in reasons.items():
        with pytest.raises(ConvertError, match=name) as raised:
            produce(Recipe("test_resnet", weights=str(tmp_path / name)), cache, print)
        assert raised.value.message.endswith(reason)


class Touching:
    """What a pickle does when it is loaded as pickles usually are."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (Path(self.path),))


def test_code_in_a_pickle_is_not_executed(cache, tmp_path):
    import torch

    state = {"conv1.0.weight": torch.zeros(1), "extra": Touching(str(tmp_path / "touched"))}
    torch.save(state, tmp_path / "w.pth")
    torch.load(tmp_path / "w.pth", weights_only=False)
    assert (tmp_path / "touched").exists()
    (tmp_path / "touched").unlink()

    with pytest.raises(ConvertError, match=r"they want to import .*, and only tensors are read"):
        produce(Recipe("test_resnet", weights=str(tmp_path / "w.pth")), cache, print)

    assert not (tmp_path / "touched").exists()


def test_pretrained_weights_that_cannot_be_had_point_to_a_file(cache, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(cache.root))

    with pytest.raises(ConvertError) as raised:
        produce(Recipe("test_resnet", weights="pretrained"), cache, print)

    assert "--weights FILE" in raised.value.hint
