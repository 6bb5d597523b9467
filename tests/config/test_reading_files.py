"""Files that are hostile, or are no experiment files at all; and what plain words of YAML mean."""

import time

import pytest

from rltransfer.config.yaml_reading import MAX_BYTES, parse_document, read_document
from rltransfer.errors import ConfigError


def read(text: str) -> object:
    return parse_document(text, "x.yaml").data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e6", 1e6), ("3e-4", 3e-4), ("1.5", 1.5), (".5", 0.5), ("-2.", -2.0), ("1_000.5", 1000.5),
        ("150_000", 150_000), ("-7", -7), ("+7", 7), ("010", 10), ("0x1f", 31), ("0o17", 15),
        ("true", True), ("False", False), ("null", None), ("~", None),
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("1:30", "1:30"), ("2024-01-01", "2024-01-01"), ("1__0", "1__0"), ("_1", "_1"), ("e5", "e5"),
        ("'1e6'", "1e6"), ('"true"', "true"), ("|\n  7", "7"),
    ],
)  # fmt: skip
def test_plain_words(text: str, value: object) -> None:
    found = read(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text() -> None:
    assert read("{1: a, true: b, no: c}") == {"1": "a", "true": "b", "no": "c"}


def test_every_key_and_item_is_located() -> None:
    document = parse_document("a:\n  b: [1,\n    {c: 2}]\n", "x.yaml")
    where = {path: place.text for path, place in document.places.items()}
    assert where[("a",)] == "x.yaml:1:1"
    assert where[("a", "b")] == "x.yaml:2:3"
    assert where[("a", "b", 0)] == "x.yaml:2:7"
    assert where[("a", "b", 1, "c")] == "x.yaml:3:6"
    assert document.place_of(("a", "b", 1, "d")).text == "x.yaml:3:5"


def test_an_alias_bomb_is_refused_at_once(tmp_path) -> None:
    path = tmp_path / "bomb.yaml"
    rows = ["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    path.write_text("\n".join(rows))
    start = time.perf_counter()
    with pytest.raises(ConfigError) as caught:
        read_document(path)
    assert time.perf_counter() - start < 2
    assert len(str(caught.value)) < 20_000


@pytest.mark.parametrize("opening", ["[", "{a: ", "\n- "])
def test_deep_nesting_is_refused_without_a_stack_overflow(opening: str) -> None:
    text = "a: " + (opening * 20_000 if opening != "\n- " else "\n" + "- " * 20_000)
    with pytest.raises(ConfigError, match="nested more than 32 deep"):
        read(text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a" * (MAX_BYTES + 1), r"x\.yaml:1:1: the file is larger than 256 KiB"),
        (b"a: 1\nb: \xff\xfe", r"x\.yaml:2:4: not UTF-8 text \(byte 0xff\)"),
        (bytes(range(256)) * 4, r"x\.yaml:1:1: the character U\+0000|x\.yaml:\d+:\d+: not UTF-8"),
        ("a: 1".encode("utf-16"), r"x\.yaml:1:1: not UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00\x00", r"x\.yaml:1:1: the character U\+007F"),
    ],
    ids=["huge", "latin", "binary", "utf-16", "elf"],
)
def test_files_that_are_not_text(tmp_path, content: bytes, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_document(path)


def test_a_byte_order_mark_is_skipped(tmp_path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_document(path).data == {"a": 1}


def test_a_missing_file_suggests_the_one_beside_it(tmp_path) -> None:
    (tmp_path / "quickstart.yaml").touch()
    with pytest.raises(ConfigError, match=r"no such file\. Did you mean '.*quickstart\.yaml'\?"):
        read_document(tmp_path / "quickstrat.yaml")
    with pytest.raises(ConfigError, match=r"no such file\. Give the path"):
        read_document(tmp_path / "nowhere" / "x.yaml")


def test_a_directory_is_no_file(tmp_path) -> None:
    with pytest.raises(ConfigError, match="a directory"):
        read_document(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_document("a\0b")
