"""MATLAB, CSV and ARFF tables: what stands in the file comes out, and what does not hold is told in one line."""

import re
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from rltransfer.errors import ConfigError, DataError, SkippedDataWarning
from rltransfer.images.data import Matlab, Table, load_attribute_splits
from rltransfer.registry import IMAGE_DATA

FEATURES = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]])
CSV = "name,wmc,dit,bug\na,1,2.5,0\nb,3,4,2\n\nc,5,-6,0\nd,7,8,1\n"


def write_matlab(path, **variables):
    scipy.io.savemat(path, variables)
    return str(path)


def write(path, text):
    path.write_text(text)
    return str(path)


def one_line(error):
    return "\n" not in str(error.value)


def test_a_matlab_table_is_its_features_and_classes(tmp_path):
    path = write_matlab(tmp_path / "a.mat", fts=FEATURES.astype(np.uint8), labels=np.array([[7], [3], [7], [3]]))
    data = Matlab(path=path).load()
    np.testing.assert_array_equal(data.features, FEATURES)
    assert data.features.dtype == np.float64
    assert (data.labels.tolist(), data.class_names) == ([1, 0, 1, 0], ("3", "7"))
    assert data.origins[1] == "a.mat: row 2"
    assert Matlab(path=path, class_names=("bike", "mug")).load().class_names == ("bike", "mug")


def test_images_lie_as_matlab_stores_them(tmp_path):
    images = np.arange(5 * 4 * 3 * 6, dtype=np.uint8).reshape(5, 4, 3, 6)
    path = write_matlab(tmp_path / "a.mat", X=images, y=np.array([[10], [1], [2], [1], [2], [10]]))
    data = Matlab(path=path, images="X", labels="y").load()
    assert (data.images.shape, data.class_names) == ((6, 5, 4, 3), ("1", "2", "10"))
    assert data.labels.tolist() == [2, 0, 1, 0, 1, 2]
    for number in range(6):
        np.testing.assert_array_equal(data.images[number], images[..., number])
    gray = Matlab(path=write_matlab(tmp_path / "b.mat", X=images[:, :, 0], y=[0, 1] * 3), images="X", labels="y").load()
    np.testing.assert_array_equal(gray.images[4, ..., 0], images[:, :, 0, 4])
    for changed, message in (
        ({"class_names": ("a",)}, "1 class_names are given for 3 classes"),
        ({"images": "y"}, "images must be (height, width[, channels], examples), not (6, 1)"),
    ):
        with pytest.raises(DataError, match=re.escape(message)):
            Matlab(**{"path": path, "images": "X", "labels": "y", **changed}).load()
    with pytest.raises(DataError, match="5 images, but 6 labels"):
        Matlab(path=write_matlab(tmp_path / "c.mat", X=images[..., :5], y=[0, 1] * 3), images="X", labels="y").load()


def test_relative_paths_lie_below_the_named_folder(tmp_path, monkeypatch):
    write_matlab(tmp_path / "a.mat", fts=FEATURES, labels=np.array([1, 2, 1, 2]))
    monkeypatch.setenv("RLTRANSFER_DATA", str(tmp_path))
    assert len(Matlab(path="a.mat").load()) == 4
    with pytest.raises(DataError, match=r"no 'aa.mat'. Did you mean 'a.mat'\?"):
        Matlab(path="aa.mat").load()
    monkeypatch.delenv("RLTRANSFER_DATA")
    with pytest.raises(DataError, match="RLTRANSFER_DATA names, which is not set"):
        Matlab(path="a.mat").load()


@pytest.mark.parametrize(
    ("variables", "options", "message"),
    [
        ({"fts": FEATURES, "label": [1, 2, 1, 2]}, {}, "no variable 'labels'. Did you mean 'label'?"),
        ({"fts": FEATURES, "labels": [1, 2, 1]}, {}, "4 rows of features, but 3 labels"),
        ({"fts": FEATURES, "labels": np.ones((2, 2))}, {}, "one label an example, not of shape (2, 2)"),
        ({"fts": FEATURES, "labels": [1, 1, 1, 1]}, {}, "only the class '1' to learn from"),
        ({"fts": FEATURES[None], "labels": [1]}, {}, "shape (n, d), not int64 of shape (1, 4, 3)"),
        ({"fts": FEATURES, "labels": [1, 2, 1, 2]}, {"class_names": ("a",)}, "1 class_names are given for 2 classes"),
        (
            {"fts": np.where(FEATURES == 5, np.nan, FEATURES), "labels": [1, 2, 1, 2]},
            {},
            "row 2: feature 1 is not a nu",
        ),
        ({"fts": FEATURES, "labels": [1, np.nan, 1, 2]}, {}, "a.mat: row 2: its label is missing or of no class"),
    ],
)
def test_what_does_not_hold_in_a_matlab_file_is_told(tmp_path, variables, options, message):
    path = write_matlab(tmp_path / "a.mat", **variables)
    with pytest.raises(DataError, match=re.escape(message)) as error:
        Matlab(path=path, **options).load()
    assert one_line(error)
    assert "a.mat" in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64", "version 7.3 (HDF5). Save it again in MATLAB: save(..., '-v7')"),
        (b"no such file at all", "cannot be read as a MATLAB file"),
        (b"", "cannot be read as a MATLAB file"),
    ],
)
def test_a_file_of_another_version_is_told(tmp_path, content, message):
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(DataError, match=re.escape(message)) as error:
        Matlab(path=str(tmp_path / "a.mat")).load()
    assert one_line(error)


def test_a_matlab_file_cut_short_is_told(tmp_path):
    path = Path(write_matlab(tmp_path / "a.mat", fts=np.ones((50, 9)), labels=np.arange(50)))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="cannot be read as a MATLAB file") as error:
        Matlab(path=str(path)).load()
    assert one_line(error)


def test_skipped_rows_are_named_and_counted(tmp_path):
    features = FEATURES.astype(float)
    features[1, 2], features[3, 0] = np.nan, np.inf
    path = write_matlab(tmp_path / "a.mat", fts=features, labels=[1, 2, 2, 1])
    with pytest.warns(SkippedDataWarning, match=r"2 of 4 rows cannot be used: a\.mat: row 2: .*a\.mat: row 4: .*inf"):
        data = Matlab(path=path, on_error="skip").load()
    np.testing.assert_array_equal(data.features, FEATURES[[0, 2]])
    assert data.origins == ("a.mat: row 1", "a.mat: row 3")
    assert len(data.skipped) == 2


def test_a_csv_is_its_columns(tmp_path):
    data = Table(path=write(tmp_path / "a.csv", CSV), leave_out=("name",)).load()
    np.testing.assert_array_equal(data.features, [[1, 2.5], [3, 4], [5, -6], [7, 8]])
    assert data.feature_names == ("wmc", "dit")
    assert (data.class_names, data.labels.tolist()) == (("0", "1", "2"), [0, 2, 0, 1])
    assert data.origins == ("a.csv:2", "a.csv:3", "a.csv:5", "a.csv:6")


def test_a_csv_as_spreadsheets_write_it_has_the_same_columns(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + CSV.replace("name,wmc", "wmc,name").encode())
    assert Table(path=str(tmp_path / "a.csv"), label="name", leave_out=("wmc",)).load().feature_names == ("dit", "bug")


def test_counts_become_two_classes(tmp_path):
    data = Table(path=write(tmp_path / "a.csv", CSV), leave_out=("name",), positive_above=0).load()
    assert (data.class_names, data.labels.tolist()) == (("no", "yes"), [0, 1, 0, 1])
    data = Table(path=write(tmp_path / "a.csv", CSV), leave_out=("name",), positive_above=1).load()
    assert data.labels.tolist() == [0, 1, 0, 0]


def test_an_arff_is_read_as_weka_writes_it(tmp_path):
    text = "% by hand\n@relation r\n@ATTRIBUTE 'lines of code' numeric\n@attribute ck_oo: real\n@attribute bug {Y,N}\n"
    path = write(tmp_path / "a.arff", f"{text}\n@data\n1,2,Y\n% none\n3, 4 ,N\n")
    data = Table(path=path).load()
    np.testing.assert_array_equal(data.features, [[1, 2], [3, 4]])
    assert data.feature_names == ("lines of code", "ck_oo:")
    assert (data.class_names, data.labels.tolist()) == (("N", "Y"), [1, 0])
    assert data.origins == ("a.arff:8", "a.arff:10")


@pytest.mark.parametrize(
    ("name", "text", "options", "message"),
    [
        ("a.csv", CSV, {}, "the column 'name' holds no numbers ('a'). Name it in leave_out."),
        ("a.csv", CSV, {"label": "bugs"}, "no column 'bugs'. Did you mean 'bug'?"),
        ("a.csv", CSV, {"leave_out": ("nam",)}, "no column 'nam'. Did you mean 'name'?"),
        ("a.csv", CSV.replace("wmc", "dit"), {"leave_out": ("name",)}, "the column 'dit' is there twice"),
        ("a.csv", CSV.replace("b,3,4,2", "b,3,4"), {"leave_out": ("name",)}, "a.csv:3: has 3 cells for 4 columns"),
        ("a.csv", CSV.replace("b,3,", "b,?,"), {"leave_out": ("name",)}, "a.csv:3: feature 'wmc' is not a number"),
        ("a.csv", CSV.replace("4,2", "4,"), {"leave_out": ("name",)}, "a.csv:3: its label is missing or of no class"),
        (
            "a.csv",
            CSV.replace("4,2", "4,NaN"),
            {"leave_out": ("name",)},
            "a.csv:3: its label is missing or of no class",
        ),
        ("a.csv", "wmc,bug\n1,yes\n2,nan\n3,no\n", {}, "a.csv:3: its label is missing or of no class"),
        ("a.csv", CSV, {"leave_out": ("name",), "positive_above": 5}, "only the class 'no' to learn from"),
        ("a.csv", CSV, {"label": "name", "positive_above": 5}, "'name', which holds text"),
        ("a.csv", "", {}, "is empty. Its first line names the columns."),
        ("a.csv", "wmc,bug\n", {}, "has no rows"),
        ("a.txt", CSV, {}, "a table is a .csv or an .arff file, not '.txt'"),
        ("a.arff", "@attribute a real\n1,2\n", {}, "has no @data"),
        ("a.arff", "@data\n1,2\n", {}, "has no @attribute before @data"),
        ("a.arff", "@attribute a real\n@attribute bug {0,1}\n@data\n{0 1}\n", {}, "sparse rows are not read"),
    ],
)
def test_what_does_not_hold_in_a_table_is_told(tmp_path, name, text, options, message):
    with pytest.raises(DataError, match=re.escape(message)) as error:
        Table(path=write(tmp_path / name, text), **options).load()
    assert one_line(error)


def test_flawed_rows_of_a_table_are_left_out_by_choice(tmp_path):
    path = write(tmp_path / "a.csv", CSV.replace("b,3,4,2", "b,3,4").replace("-6", "x"))
    with pytest.warns(SkippedDataWarning) as warned:
        data = Table(path=path, leave_out=("name",), on_error="skip").load()
    assert [str(warning.message).split(" rows")[0] for warning in warned] == ["1 of 4", "1 of 3"]
    assert data.skipped == ("a.csv:3: has 3 cells for 4 columns", "a.csv:5: feature 'dit' is not a number")
    assert data.features.tolist() == [[1, 2.5], [7, 8]]


def test_where_no_sound_row_is_left_nothing_is_loaded(tmp_path):
    path = write_matlab(tmp_path / "a.mat", fts=np.full((2, 2), np.nan), labels=[1, 2])
    with pytest.raises(DataError, match=r"2 of 2 rows cannot be used: .* None is left\."):
        Matlab(path=path, on_error="skip").load()


def test_formats_are_registered_by_name():
    assert IMAGE_DATA.get("matlab") is Matlab
    assert IMAGE_DATA.get("table") is Table
    with pytest.raises(ConfigError, match="on_eror"):
        Matlab(path="a", on_eror="skip")


def splits_of(**changes):
    attributes = np.array([[3.0, 0, 1], [4, 2, 0]])  # (attributes, classes)
    content = {
        "allclasses_names": np.array([["cat"], ["dog"], ["yak"]], dtype=object),
        "att": attributes / np.linalg.norm(attributes, axis=0),
        "original_att": attributes,
        "trainval_loc": np.array([[1], [2], [4]]),
        "test_seen_loc": np.array([[3]]),
        "test_unseen_loc": np.array([[5]]),
        "train_loc": np.array([[1], [3]]),
        "val_loc": np.array([[2], [4]]),
    }
    return {**content, **changes}


def test_attribute_splits_are_turned_to_rows_and_counted_from_0(tmp_path):
    splits = load_attribute_splits(write_matlab(tmp_path / "att_splits.mat", **splits_of()))
    np.testing.assert_allclose(splits.attributes, [[0.6, 0.8], [0, 1], [1, 0]])
    assert splits.class_names == ("cat", "dog", "yak")
    assert (splits.trainval.tolist(), splits.test_unseen.tolist(), splits.num_images) == ([0, 1, 3], [4], 5)
    seen, unseen = splits.check_labels(np.array([0, 1, 0, 1, 2]))
    assert (seen.tolist(), unseen.tolist()) == ([0, 1], [2])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 0, 1], "labels has shape (4,) for 5 rows"),
        ([0, 1, np.nan, 1, 2], "labels: row 2 has no label; 1 of 5 are missing"),
        (["cat", "dog", "cat", "dog", "yak"], "Give whole numbers: places in class_names"),
        ([0, 1, 0, 3, 2], "label 3 of image 3 is none of 0 to 2"),
        ([0, 1, 0, -1, 2], "label -1 of image 3 is none of 0 to 2"),
        ([0, 1, 0, 1, 1], "unseen class 'dog' is among the seen"),
        ([0, 0, 0, 0, 2], "class 'dog' has no image"),
    ],
)
def test_labels_that_do_not_fit_the_splits_are_told(tmp_path, labels, message):
    splits = load_attribute_splits(write_matlab(tmp_path / "att_splits.mat", **splits_of()))
    with pytest.raises(DataError, match=re.escape(message)):
        splits.check_labels(np.array(labels))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"att": np.ones((2, 3))}, "attributes of class 'cat' have length 1.41, not 1"),
        ({"att": np.ones((2, 2))}, "do not fit together"),
        ({"att": np.full((2, 3), np.nan)}, "'att': attribute 0 of class 'cat' is nan"),
        ({"allclasses_names": np.array([["cat"], ["cat"], ["yak"]], dtype=object)}, "class 'cat' is named twice"),
        ({"test_seen_loc": np.array([[1], [3]])}, "must divide the images, but image 1 is in two of them"),
        ({"test_unseen_loc": np.array([[6]])}, "some images are in none of them"),
        ({"val_loc": np.array([[2], [1]])}, "train_loc and val_loc share images"),
        ({"val_loc": np.array([[2], [5]])}, "hold 1 images of test_unseen_loc"),
    ],
)
def test_class_matrices_and_splits_that_do_not_fit_are_told(tmp_path, changes, message):
    path = write_matlab(tmp_path / "att_splits.mat", **splits_of(**changes))
    with pytest.raises(DataError, match=re.escape(message)) as error:
        load_attribute_splits(path)
    assert "att_splits.mat" in str(error.value)


def test_a_matrix_of_another_data_set_is_told(tmp_path):
    (tmp_path / "SUN").mkdir()
    path = write_matlab(tmp_path / "SUN" / "att_splits.mat", **splits_of())
    with pytest.raises(DataError, match=re.escape("(3, 2) classes x attributes, but this data set has (717, 102)")):
        load_attribute_splits(path)


@pytest.mark.parametrize(
    ("name", "shape", "images"),
    [("AWA1", (50, 85), 30475), ("AWA2", (50, 85), 37322), ("SUN", (717, 102), 14340), ("APY", (32, 64), 15339)],
)
def test_the_benchmarks_class_matrices_hold(real, name, shape, images):
    splits = load_attribute_splits(real(f"zero_shot/{name}/att_splits.mat"))
    assert (splits.attributes.shape, splits.num_images) == (shape, images)


@pytest.mark.parametrize(("domain", "images"), [("amazon", 958), ("caltech10", 1123), ("webcam", 295), ("dslr", 157)])
def test_office_caltech_histograms_have_ten_classes(real, domain, images):
    data = Matlab(path=str(real(f"office_caltech/surf/{domain}.mat"))).load()
    assert (data.features.shape, len(data.class_names)) == ((images, 800), 10)


def test_all_releases_of_the_defect_data_load(real):
    files = sorted(real("defects/JURECZKO").glob("*/*.csv"))
    tables = [Table(path=str(file), leave_out=("name", "version"), positive_above=0).load() for file in files]
    assert (len(tables), {table.features.shape[1] for table in tables}) == (65, {20})
