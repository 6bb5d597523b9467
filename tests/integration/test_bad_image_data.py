"""Data that does not hold, named in an experiment: told in one line, before anything is trained."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from rltransfer.cli import app

EXPERIMENT = """\
kind: images
experiment: bad
seeds: 1
trunk: {{name: impala, channels: [4], features: 8}}
source: {{data: digits, budget: 64}}
targets: {{bad: {{data: {data}{more}}}}}
methods: [frozen]
budget: 64
"""
DRAWS = np.random.default_rng(0)


def noise(*shape, dtype=np.uint8):
    return DRAWS.integers(0, 256, shape).astype(dtype)


def picture(pixels, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def folders(path, **classes):
    for name, files in classes.items():
        (path / name).mkdir(parents=True)
        for number, content in enumerate(files):
            ending = "jpg" if content.startswith(b"\xff\xd8") else "png"
            (path / name / f"{number}.{ending}").write_bytes(content)
    return f"{{format: folders, path: {path}}}"


def arrays(path, **content):
    np.savez(path / "a.npz", **content)
    return f"{{format: npz, path: {path / 'a.npz'}}}"


def matlab(path, start):
    (path / "a.mat").write_bytes(start + bytes(256))
    return f"{{format: matlab, path: {path / 'a.mat'}}}"


SOUND = picture(noise(8, 8, 3))
JPEG = picture(noise(64, 64, 3), "JPEG")
BAD = {
    "no labels": (lambda path: arrays(path, x=noise(4, 8, 8)), "a.npz: has no array 'y'. It has: x"),
    "fewer labels than images": (lambda path: arrays(path, x=noise(4, 8, 8), y=[0, 1]), "4 images, but 2 labels"),
    "labels that are not there": (
        lambda path: arrays(path, x=noise(4, 8, 8), y=[0, 1, np.nan, 1]),
        "1 of 4 images cannot be used: a.npz: image 2: its label is missing",
    ),
    "a class without pictures": (
        lambda path: folders(path, ant=[SOUND, SOUND], bee=[SOUND, SOUND], cat=[]),
        "cat: is a class without a sound picture",
    ),
    "one class": (lambda path: folders(path, ant=[SOUND, SOUND]), "has only the class 'ant' to learn from"),
    "one class in an array": (lambda path: arrays(path, x=noise(4, 8, 8), y=[3] * 4), "only the class '3'"),
    "a test class never learned": (
        lambda path: arrays(path, train_x=noise(4, 8, 8), train_y=[0, 1, 0, 1], test_x=noise(1, 8, 8), test_y=[2]),
        "class 2 of 'test' is not among those of 'train'",
    ),
    "features that are no numbers": (
        lambda path: arrays(path, x=np.array([[1.0, 2], [np.nan, 2], [0, 1], [1, 1]]), y=[0, 1, 0, 1]),
        "a.npz: row 2: feature 0 is not a number",
    ),
    "pictures of several sizes": (
        lambda path: folders(path, ant=[SOUND, picture(noise(9, 8, 3))] * 2, bee=[SOUND, SOUND]),
        "are 8 x 8 pixels, others not, such as ant/1.png, 9 x 8. Give size",
    ),
    "a picture of another size than asked": (
        lambda path: folders(path, ant=[picture(noise(9, 8, 3))], bee=[SOUND])[:-1] + ", size: [8, 8]}",
        "is 9 x 8 pixels, not 8 x 8",
    ),
    "a picture of another mode": (
        lambda path: folders(path, ant=[SOUND, SOUND], bee=[picture(noise(8, 8, dtype=np.uint16)), SOUND]),
        "bee/0.png: is of mode I;16, not RGB",
    ),
    "a JPEG cut short": (
        lambda path: folders(path, ant=[SOUND, JPEG[: len(JPEG) // 2]], bee=[SOUND, SOUND]),
        "ant/1.jpg: is damaged",
    ),
    "a MATLAB file of another version": (lambda path: matlab(path, b"MATLAB 7.3 MAT-file"), "of version 7.3 (HDF5)"),
    "no MATLAB file": (lambda path: matlab(path, b"not at all"), "cannot be read as a MATLAB file"),
    "a class that is not there": (lambda path: "{format: digits, only: ['3', '33']}", "unknown class '33'"),
}


@pytest.mark.parametrize("flaw", BAD)
def test_an_experiment_on_it_is_refused_in_one_line(flaw, tmp_path):
    write, message = BAD[flaw]
    (tmp_path / "data").mkdir()
    data = write(tmp_path / "data")
    (tmp_path / "bad.yaml").write_text(EXPERIMENT.format(data=data, more=""))
    done = CliRunner().invoke(app, ["run", str(tmp_path / "bad.yaml"), "--out", str(tmp_path / "run")])
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("targets.bad: ")
    assert message in line
    assert not list(tmp_path.glob("run/*/*/seed-0")), "nothing was begun"


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_file_that_is_not_there_is_told_with_its_place_in_the_experiment(command, tmp_path):
    """A run refuses; a check, which may be made where the data is not, is content with saying so."""
    without_data = EXPERIMENT.format(data=f"{{format: npz, path: {tmp_path / 'b.npz'}}}", more="")
    text = re.sub("trunk: .*", "trunk: resnet18", EXPERIMENT.format(data="digits", more=""))
    without_weights = re.sub("source: .*", "source: {published: gone/resnet18.safetensors}", text)
    for text, message in (
        (without_data, r"bad\.yaml:6:\d+: targets\.bad\.data\.path: .*b\.npz: not found"),
        (without_weights, r"bad\.yaml:5:10: source\.published: gone/resnet18\.safetensors does not exist"),
    ):
        (tmp_path / "bad.yaml").write_text(text)
        done = CliRunner().invoke(app, [command, str(tmp_path / "bad.yaml")])
        if command == "run":
            (line,) = done.stderr.splitlines()
            assert done.exit_code == 2
        else:
            line = done.stdout.splitlines()[-1]
            assert line.startswith("a run would need: ")
            assert (done.exit_code, done.stderr) == (0, "")
        assert re.search(message, line)


def test_few_of_a_class_that_has_fewer_are_told(tmp_path):
    text = EXPERIMENT.format(data="digits", more=", per_class: 1000")
    (tmp_path / "bad.yaml").write_text(text)
    done = CliRunner().invoke(app, ["run", str(tmp_path / "bad.yaml"), "--out", str(tmp_path / "run")])
    (line,) = done.stderr.splitlines()
    assert re.match(r"targets.bad: class '\d' has \d+ examples, but per_class asks for 1000", line)


def test_what_is_left_out_is_told_once_and_kept_with_every_trial(tmp_path, rltransfer):
    """Each trial reads the data in a process of its own, which is silent."""
    (tmp_path / "data").mkdir()
    data = folders(tmp_path / "data", ant=[SOUND] * 5, bee=[SOUND] * 4 + [JPEG[: len(JPEG) // 2]])
    text = EXPERIMENT.format(data=data[:-1] + ", on_error: skip}", more="")
    text = re.sub("trunk: .*", "trunk: {name: pattern, layers: FC-RELU}\\nsize: 8", text)
    (tmp_path / "bad.yaml").write_text(text)
    done = rltransfer("run", "bad.yaml", "--out", "run", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = "1 of 10 files cannot be used"
    assert (done.stdout + done.stderr).count(told) == 1
    (line,) = [line for line in done.stdout.splitlines() if told in line]
    assert line.startswith("warning: ")
    for trial in ("scratch", "frozen"):
        status = json.loads((tmp_path / "run" / "bad" / trial / "seed-0" / "status.json").read_text())
        assert status["data"]["skipped"]["count"] == 1
        assert "4.jpg: is damaged" in status["data"]["skipped"]["first"][0]
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert any("bad: 1 flawed files or rows of the data are left out" in line for line in result["warnings"])


def test_a_run_is_shown_where_its_data_is_gone(tmp_path, rltransfer):
    (tmp_path / "data").mkdir()
    data = folders(tmp_path / "data", ant=[SOUND] * 10, bee=[SOUND] * 10)
    text = EXPERIMENT.format(data=data, more=", per_class: [1, 5, all]")
    text = re.sub("trunk: .*", "trunk: {name: pattern, layers: FC-RELU}\nsize: 8", text)
    (tmp_path / "few.yaml").write_text(text.replace("methods: [frozen]", "methods: []"))
    done = rltransfer("run", "few.yaml", "--out", "run", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    shown = rltransfer("show", "run", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "all (8)" in shown.stdout
    assert "(5 of each class)" in shown.stdout
    assert shown.stdout.strip() in done.stdout
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["data"]["bad-5"] == {"classes": 2, "train": 10, "test": 4}
    (tmp_path / "run" / "manifest.json").write_text("{}")  # as older runs have it: the data are read
    assert "data: not found" in rltransfer("show", "run", cwd=tmp_path).stderr
