import json

import numpy as np  # noqa: TID253
import pytest
from PIL import Image

from edgeprof.convert import calibration
from edgeprof.convert.calibration import RANDOM_SETS, Images, image_input, random_feeds, write_log
from edgeprof.convert.images import find
from edgeprof.convert.preprocess import Preprocessing, tensor_from_image
from edgeprof.core.errors import ConfigError
from edgeprof.core.job import Tensor

IMAGE = Tensor("image", (1, 3, 8, 12), "float32")


def picture(path, level=100, size=(12, 8)):
    Image.new("RGB", size, (level, level, level)).save(path)
    return path


def images_of(tmp_path, *inputs, how=None):
    return Images(str(tmp_path), find(str(tmp_path)), inputs or (IMAGE,), how or Preprocessing())


def test_each_image_becomes_a_feed_as_it_would_at_run_time(tmp_path):
    for number in range(3):
        picture(tmp_path / f"{number}.png", level=number * 50)
    images = images_of(tmp_path)

    feeds = list(images)

    assert [list(feed) for feed in feeds] == [["image"]] * 3
    expected = tensor_from_image(np.full((8, 12, 3), 100, np.uint8), 8, 12, Preprocessing())
    assert np.array_equal(feeds[2]["image"], expected)
    assert feeds[2]["image"].dtype == np.float32


def test_a_batch_is_filled_and_the_last_begins_again(tmp_path):
    for number in range(3):
        picture(tmp_path / f"{number}.png", level=number * 50)

    feeds = list(images_of(tmp_path, Tensor("image", (2, 3, 8, 12), "float32")))

    assert [feed["image"].shape for feed in feeds] == [(2, 3, 8, 12)] * 2
    assert np.array_equal(feeds[1]["image"][0], feeds[1]["image"][1])
    assert not np.array_equal(feeds[0]["image"][0], feeds[0]["image"][1])


def test_images_are_decoded_one_at_a_time(tmp_path, monkeypatch):
    for number in range(5):
        picture(tmp_path / f"{number}.png")
    decoded = []
    real = calibration.decode
    monkeypatch.setattr(calibration, "decode", lambda path: decoded.append(path) or real(path))
    feeds = iter(images_of(tmp_path))
    assert decoded == []

    next(feeds)
    assert len(decoded) == 1
    next(feeds)
    assert len(decoded) == 2


def test_broken_images_are_skipped_and_counted(tmp_path):
    picture(tmp_path / "good.png")
    (tmp_path / "torn.png").write_bytes(picture(tmp_path / "x.png").read_bytes()[:40])
    (tmp_path / "x.png").unlink()
    images = images_of(tmp_path)

    assert len(list(images)) == 1
    assert list(images.read) == ["good.png"]
    assert list(images.skipped) == ["torn.png"]


def test_a_folder_of_nothing_but_broken_images_is_a_usage_error(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.jpg").write_bytes(b"\xff\xd8\xff torn")

    with pytest.raises(ConfigError, match=r'none of the 2 images .* "a\.jpg"') as raised:
        list(images_of(tmp_path))

    assert raised.value.where == "--calibration"


def test_a_camera_graph_gets_the_pixels_themselves(tmp_path):
    picture(tmp_path / "a.png", level=77)

    feed = next(iter(images_of(tmp_path, Tensor("frame", (1, 8, 12, 3), "uint8"))))

    assert feed["frame"].dtype == np.uint8
    assert feed["frame"].shape == (1, 8, 12, 3)
    assert (feed["frame"] == 77).all()


def test_a_camera_that_sends_blue_first_gets_it_first(tmp_path):
    Image.new("RGB", (12, 8), (255, 20, 0)).save(tmp_path / "a.png")
    frame = Tensor("frame", (1, 8, 12, 3), "uint8")

    feed = next(iter(Images(str(tmp_path), find(str(tmp_path)), (frame,), Preprocessing(), bgr=True)))

    assert feed["frame"][0, 0, 0].tolist() == [0, 20, 255]


def test_a_network_of_one_channel_gets_grey(tmp_path):
    Image.new("RGB", (12, 8), (255, 0, 0)).save(tmp_path / "red.png")
    how = Preprocessing(mean=(0.0,), std=(1.0,))

    feed = next(iter(images_of(tmp_path, Tensor("image", (1, 1, 8, 12), "float32"), how=how)))

    assert feed["image"].shape == (1, 1, 8, 12)
    assert feed["image"] == pytest.approx(0.299, abs=1e-3)


def test_other_inputs_are_drawn_and_the_same_each_time(tmp_path):
    picture(tmp_path / "a.png")
    inputs = (Tensor("ids", (1, 4), "int64"), IMAGE)

    first, second = (next(iter(images_of(tmp_path, *inputs))) for _ in range(2))

    assert set(first) == {"ids", "image"}
    assert np.array_equal(first["ids"], second["ids"])


@pytest.mark.parametrize(
    "tensor", [Tensor("x", (1, 3), "float32"), Tensor("x", (1, 7, 8, 8), "float32"), Tensor("x", (1, 3, 8, 8), "int64")]
)
def test_a_graph_without_an_image_input_cannot_be_calibrated_on_images(tensor):
    with pytest.raises(ConfigError, match="no input takes an image"):
        image_input([tensor])


def test_random_frames_follow_the_known_inputs_and_differ(tmp_path):
    known = iter([{"image": np.zeros(IMAGE.shape, np.float32)}])

    feeds = list(random_feeds([IMAGE], known))

    assert not feeds[0]["image"].any()
    assert len({feed["image"].tobytes() for feed in feeds}) == len(feeds) == RANDOM_SETS
    assert np.array_equal(feeds[3]["image"], list(random_feeds([IMAGE], iter(())))[3]["image"])


def test_the_log_says_what_an_audit_needs(tmp_path):
    import hashlib

    (tmp_path / "images").mkdir()
    path = picture(tmp_path / "images" / "a.png", size=(24, 8))
    images = images_of(tmp_path / "images")
    list(images)

    card = write_log(tmp_path, images, {"t": (-1.0, float("inf"))}, {"recipe": "u8s8"})

    log = json.loads((tmp_path / card["calibration_log"]).read_text())
    assert log["method"] == "minmax"
    assert log["images"]["a.png"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert log["images"]["a.png"]["padded"] == [4, 0]
    assert log["ranges"] == {"t": [-1.0, "inf"]}
    assert log["how"]["interpolation"] == "bilinear"
    assert log["recipe"] == "u8s8"
    assert log["digest"] == card["calibration"]


def test_other_images_give_another_digest(tmp_path):
    digests = set()
    for level in (10, 20):
        picture(tmp_path / "a.png", level=level)
        images = images_of(tmp_path)
        list(images)
        digests.add(write_log(tmp_path, images, {}, {})["calibration"])

    assert len(digests) == 2
