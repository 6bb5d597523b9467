"""Blitzer's product reviews: a folder a domain, with positive and negative ones."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from rltransfer.errors import DataError
from rltransfer.images.data.flawed import Flawed
from rltransfer.images.data.paths import located, located_file
from rltransfer.images.data.sets import LabelledSet, TextSet
from rltransfer.images.data.specs import FileSpec

CLASSES = ("negative", "positive")


class Sentiment(FileSpec):
    """Reviews in ``negative.parsed`` and ``positive.parsed``: ``<review>`` to ``</review>`` each.

    Args:
        path: the folder of one domain: ``sentiment/books``. The text is read as it is; no markup in it is followed.

    Source: Blitzer et al. 2007, "Biographies, Bollywood, Boom-boxes and Blenders: Domain Adaptation for Sentiment
    Classification".
    """

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        located(self.path)
        flawed = Flawed(self.on_error)
        texts: list[str] = []
        labels: list[int] = []
        origins: list[str] = []
        for label, kind in enumerate(CLASSES):
            path = located_file(f"{self.path}/{kind}.parsed")
            content = path.read_bytes()
            try:
                whole = content.decode("utf-8")
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{path}: is not text in UTF-8 (byte {error.start}). Save it again as UTF-8."
                ) from error
            found = re.findall(r"<review>(.*?)</review>", whole, flags=re.DOTALL)
            if len(found) != whole.count("<review>"):
                flawed.add(path, f"{whole.count('<review>') - len(found)} reviews have no end; is it cut short?")
            for number, text in enumerate(found, start=1):
                if not text.strip():
                    flawed.add(f"{path}: review {number}", "is empty")
                    continue
                texts.append(text.strip())
                labels.append(label)
                origins.append(f"{path.name}: review {number}")
        skipped = flawed.tell(len(texts) + len(flawed.lines), "reviews")
        return {
            "all": TextSet(
                labels=np.array(labels, dtype=np.int64),
                class_names=CLASSES,
                texts=tuple(texts),
                origins=tuple(origins),
                skipped=skipped,
            )
        }
