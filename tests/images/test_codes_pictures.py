"""Retrieval sheets, maps and projector folders show what they are given."""

import csv

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image

from rltransfer.errors import ConfigError, DataError
from rltransfer.images.codes import Codes, draw_map, draw_retrieval, map_codes, write_projector
from rltransfer.images.codes.retrieval import FRAME, GAP, QUERY, RIGHT, WRONG
from rltransfer.images.codes.thumbnails import thumbnail
from rltransfer.images.data import ImageSet

RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1], 20)
SHADES = np.arange(40, dtype=np.uint8) * 6
DATA = ImageSet(
    labels=LABELS,
    class_names=("dark", "light\tones"),
    images=np.broadcast_to(SHADES[:, None, None, None], (40, 8, 8, 1)).copy(),
)
CODES = Codes(
    {
        "low": RNG.normal(size=(40, 6)).astype(np.float32),
        "high": (RNG.normal(size=(40, 6)) + 9 * np.eye(6)[LABELS]).astype(np.float32),
    },
    key="",
    precision="float32",
)


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_a_sheet_frames_right_and_wrong_neighbours(tmp_path):
    draw_retrieval(tmp_path / "sheet.png", DATA.take([3, 30]), DATA, np.array([[5, 25, 7], [8, 39, 2]]), side=32)
    sheet = pixels(tmp_path / "sheet.png")
    cell = 32 + 2 * FRAME + GAP
    assert sheet.shape == (2 * cell, 4 * cell, 3)
    frames = [[tuple(sheet[row * cell, column * cell].tolist()) for column in range(4)] for row in range(2)]
    assert frames == [[QUERY, RIGHT, WRONG, RIGHT], [QUERY, WRONG, RIGHT, WRONG]]
    middles = sheet[cell // 2 :: cell, cell // 2 :: cell, 0][:2, :4]
    np.testing.assert_array_equal(middles, SHADES[[[3, 5, 25, 7], [30, 8, 39, 2]]])


def test_sheets_that_cannot_be_are_told(tmp_path):
    with pytest.raises(ConfigError, match="only PNG is written"):
        draw_retrieval(tmp_path / "sheet.jpg", DATA, DATA, np.zeros((40, 1), int))
    with pytest.raises(DataError, match="1 rows of neighbours do not fit 40 queries"):
        draw_retrieval(tmp_path / "sheet.png", DATA, DATA, np.zeros((1, 1), int))
    for rows in (np.full((40, 1), 40), np.full((40, 1), -1), np.zeros((40, 0), int)):
        with pytest.raises(DataError, match="rows of the 40 images"):
            draw_retrieval(tmp_path / "sheet.png", DATA, DATA, rows)


def test_thumbnails_hold_the_whole_image():
    wide = np.zeros((2, 4, 3), np.uint8)
    small = thumbnail(wide, 8)
    assert (small[2:6] == 0).all()
    assert (small[[0, 1, 6, 7]] == 255).all()
    frames = np.zeros((4, 4, 12), np.uint8)
    frames[..., -3] = 200
    assert (thumbnail(frames, 4) == [200, 0, 0]).all()  # the latest


def test_a_map_has_a_panel_a_stage_and_a_number_for_each(tmp_path):
    mapped = map_codes(CODES, DATA, seed=3)
    assert mapped.separation["high"] == 1 > mapped.separation["low"]
    assert mapped.chance == 0.5
    places = mapped.places["high"]
    assert places.shape == (40, 2)
    apart = np.linalg.norm(places[LABELS == 0].mean(0) - places[LABELS == 1].mean(0))
    assert apart > max(places[kind == LABELS].std() for kind in (0, 1))
    np.testing.assert_array_equal(map_codes(CODES, DATA, seed=3).places["low"], mapped.places["low"])
    draw_map(mapped, DATA, tmp_path / "map.png")
    shown = pixels(tmp_path / "map.png")[..., :3].reshape(-1, 3)
    tenths = np.array(colormaps["tab10"].colors[:3]) * 255
    counts = [(np.abs(shown - colour).max(axis=1) < 2).sum() for colour in tenths]
    assert min(counts[:2]) > 200 > counts[2]  # points of two classes in two panels, and a legend
    one = map_codes(Codes({"low": CODES.stages["low"]}, "", "float32"), DATA)
    draw_map(one, DATA, tmp_path / "one.png")
    assert pixels(tmp_path / "map.png").shape[1] > pixels(tmp_path / "one.png").shape[1]
    with pytest.raises(DataError, match="40 codes are not of 5 examples"):
        map_codes(CODES, DATA.take(range(5)))
    with pytest.raises(DataError, match="not of these 5 examples"):
        draw_map(mapped, DATA.take(range(5)), tmp_path / "map.png")


def test_equal_codes_have_equal_places():
    same = Codes({"low": np.ones((40, 3), np.float32)}, "", "float32")
    assert not map_codes(same, DATA).places["low"].any()


def test_tensorboard_reads_the_projector_folder(tmp_path):
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    write_projector(tmp_path, CODES, DATA, side=16)
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    assert [tensor.tensor_name for tensor in config.embeddings] == ["low", "high"]
    for tensor in config.embeddings:
        values = np.fromfile(tmp_path / tensor.tensor_path, "float32").reshape(tensor.tensor_shape)
        np.testing.assert_array_equal(values, CODES.stages[tensor.tensor_name])
        assert list(tensor.sprite.single_image_dim) == [16, 16]
    with (tmp_path / "metadata.tsv").open() as file:
        rows = list(csv.reader(file, delimiter="\t"))
    assert (len(rows), rows[0], rows[1], rows[21]) == (41, ["class", "origin"], ["dark", "0"], ["light ones", "20"])
    sprite = pixels(tmp_path / "sprite.png")
    assert sprite.shape == (7 * 16, 7 * 16, 3)
    assert (sprite[16:32, 32:48] == SHADES[9]).all()  # the tenth, in the second row of seven
