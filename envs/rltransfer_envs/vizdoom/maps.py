"""Maps with other textures and starting places, written from those that ship with ViZDoom.

A map is text in Doom's universal format (UDMF, https://github.com/rheit/zdoom/blob/master/specs/udmf.txt), one lump
in a WAD file: a header, the lumps, and a directory of (offset, size, name).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable

_WALLS = re.compile(r'(texture(?:top|middle|bottom)\s*=\s*)"([^"]+)"')
_FLATS = re.compile(r'(texture(?:floor|ceiling)\s*=\s*)"([^"]+)"')
_THING = re.compile(r"thing\b[^{]*\{[^}]*\}")
_NOT_REPLACED = ("-", "F_SKY1")
"""No texture, and the sky."""

PALETTES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "brick": (
        ("BRICK1", "BRICK4", "BRICK6", "BRICK10", "BRICK11", "BRICK2", "BRICK5", "BIGBRIK2", "BRICK3", "BIGBRIK3"),
        ("FLOOR5_4", "FLOOR5_1", "FLOOR5_2"),
    ),
    "metal": (
        ("METAL1", "METAL3", "SILVER1", "SHAWN2", "METAL5", "COMPBLUE", "METAL2", "TEKGREN2", "PIPE4", "METAL7"),
        ("FLAT20", "CEIL5_1", "FLAT23"),
    ),
    "wood": (
        ("WOOD1", "WOOD5", "WOOD12", "PANEL2", "WOOD3", "PANEL7", "WOOD8", "WOODMET1", "WOOD10", "PANBORD2"),
        ("FLAT5_1", "FLAT5_2", "CEIL1_1"),
    ),
}
"""Name to textures of walls, and of floors and ceilings; all are in Freedoom, which ships with ViZDoom."""
START_IDS = range(10, 27)
"""The places of my-way-home, one of which is drawn at each start; the vest has the number of one of them."""
VEST = 2018
"""Doom's number for green armour."""


def changed_map(wad: bytes, *, textures: str = "scenario", start: str = "anywhere") -> bytes:
    """The WAD file with its map's text changed.

    Args:
        wad: the content of the scenario's file.
        textures: a name in ``PALETTES``, or ``"scenario"``.
        start: ``"near"`` or ``"far"`` put every starting place of my-way-home onto one of them.
    """
    lumps = [
        (name, _changed_text(content, textures, start) if name == b"TEXTMAP" else content)
        for name, content in read_lumps(wad)
    ]
    return packed(lumps)


def _changed_text(content: bytes, textures: str, start: str) -> bytes:
    text = content.decode("latin-1")
    if textures != "scenario":
        walls, flats = PALETTES[textures]
        text = _replaced(_FLATS, _replaced(_WALLS, text, walls), flats)
    if start != "anywhere":
        text = _one_start(text, farthest=start == "far")
    return text.encode("latin-1")


def _replaced(pattern: re.Pattern[str], text: str, palette: tuple[str, ...]) -> str:
    """The k-th of the map's textures, in order of their names, becomes the k-th of the palette."""
    found = sorted({name for _, name in pattern.findall(text)} - set(_NOT_REPLACED))
    new = {name: palette[k % len(palette)] for k, name in enumerate(found)}
    return pattern.sub(lambda match: f'{match[1]}"{new.get(match[2], match[2])}"', text)


def _one_start(text: str, *, farthest: bool) -> str:
    """Every starting place moved onto the one nearest to the vest, or farthest from it, as the crow flies."""
    places = {
        match[0]: (_number(match[0], "x"), _number(match[0], "y"))
        for match in _THING.finditer(text)
        if _number(match[0], "id") in START_IDS
    }
    goal = next(place for thing, place in places.items() if _number(thing, "type") == VEST)
    starts = {thing: place for thing, place in places.items() if _number(thing, "type") != VEST}
    chosen = (max if farthest else min)(starts.values(), key=lambda place: math.dist(place, goal))
    for thing in starts:
        moved = re.sub(r"\bx\s*=\s*[^;]+;", f"x = {chosen[0]};", thing)
        text = text.replace(thing, re.sub(r"\by\s*=\s*[^;]+;", f"y = {chosen[1]};", moved))
    return text


def _number(thing: str, key: str) -> float:
    found = re.search(rf"\b{key}\s*=\s*([-\d.]+)\s*;", thing)
    return float(found[1]) if found else math.nan


def read_lumps(wad: bytes) -> list[tuple[bytes, bytes]]:
    """(name, content) of every lump of a WAD file, in order."""
    count, directory = struct.unpack_from("<ii", wad, 4)
    entries = [struct.unpack_from("<ii8s", wad, directory + 16 * k) for k in range(count)]
    return [(name.rstrip(b"\0"), wad[start : start + size]) for start, size, name in entries]


def packed(lumps: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A WAD file of these lumps."""
    body, directory = b"", b""
    lumps = list(lumps)
    for name, content in lumps:
        directory += struct.pack("<ii8s", 12 + len(body), len(content), name)
        body += content
    return b"PWAD" + struct.pack("<ii", len(lumps), 12 + len(body)) + body + directory
