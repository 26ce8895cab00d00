"""What forgetting does to rows: some go, and in the others names are masked, in findings as in their texts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from transforms.letters.forgetting import ItemSearch
from transforms.letters.item import without_item
from transforms.tables.masking import MASK, ForgottenNames, forget_names, mask_names

Version = tuple[str, int]  # article id and revision

# What may stand between the letters of a name without being seen: stress marks, soft hyphens, zero-width marks.
_UNSEEN = "[\u0300\u0301\u00ad\u200b\u200c\u200d\u2060\ufeff]*"
_FINDINGS = ("mentions", "complaints", "quotes", "demands", "places", "people")
_OF_ARTICLES = ("articles", *_FINDINGS, "sightings", "stories")


@dataclass(frozen=True, slots=True)
class Texts:
    """Title and text of one revision, as they were and as they are once names are masked."""

    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(slots=True)
class Forgetting:
    """What is to be forgotten, and what was learned of it on the way.

    `article_ids` and `source_ids` lose all their rows; `names` are masked everywhere. `places` are addresses of what
    goes, by which failures are recognised, as are its identity `keys` and `marks` (ids and titles) in raw items;
    `masked` are the revisions whose texts changed.
    """

    article_ids: frozenset[str]
    source_ids: frozenset[str]
    names: Sequence[str]
    places: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    masked: dict[Version, Texts] = field(default_factory=dict)
    hashes: ForgottenNames = field(init=False)
    _pattern: str = field(init=False)

    def __post_init__(self) -> None:
        """Raises ValueError for a name that is none."""
        self.hashes = forget_names(self.names)
        self._pattern = "|".join(_loose(max(re.findall(r"[^\W_]+", name), key=len)) for name in self.names)

    def apply(self, table: str, rows: pa.Table) -> pa.Table:
        """Return what stays of `rows`; the same object where nothing changes."""
        kept = self._without_forgotten(table, rows)
        if table == "failures" and len(kept):
            kept = self._without_items(kept)
        if not self.names or not len(kept):
            return kept
        kept = self._with_findings(table, self._with_masks(kept))
        return _named(kept) if table == "people" else kept

    def _without_forgotten(self, table: str, rows: pa.Table) -> pa.Table:
        gone = pa.array([False] * len(rows))
        if table in _OF_ARTICLES:
            gone = pc.is_in(rows.column("article_id"), pa.array(sorted(self.article_ids), pa.string()))
        if "source_id" in rows.column_names:
            by_source = pc.is_in(rows.column("source_id"), pa.array(sorted(self.source_ids), pa.string()))
            gone = pc.or_(gone, by_source)
        if table == "failures":
            gone = pc.or_(gone, pc.is_in(rows.column("place"), pa.array(sorted(self.places), pa.string())))
        gone = pc.fill_null(gone, False)
        return rows.filter(pc.invert(gone)) if pc.any(gone).as_py() else rows

    def _without_items(self, rows: pa.Table) -> pa.Table:
        """Leave out failures of what goes, and the raw items that may hold a name: it may be spelt in many ways."""
        if not pc.any(pc.is_valid(rows.column("item"))).as_py():
            return rows
        search = ItemSearch(self.keys, self.marks | self.places, self.source_ids, self.hashes)
        cells = rows.to_pylist()
        kept = [cell for cell in cells if cell["item"] is None or not search.is_of_forgotten(cell)]
        changed = len(kept) < len(cells)
        for cell in kept if self.names else ():
            if cell["item"] is not None and search.may_name(cell):
                cell["item"], cell["item_ref"] = None, without_item(cell["item_ref"])
                changed = True
        return pa.Table.from_pylist(kept, schema=rows.schema) if changed else rows

    def _with_masks(self, rows: pa.Table) -> pa.Table:
        for number, column in enumerate(rows.schema):
            if column.type != pa.string():
                continue
            values = rows.column(number)
            # Most rows do not hold even one word of a name: only the others are looked at word by word.
            hit = pc.fill_null(pc.match_substring_regex(values, self._pattern, ignore_case=True), False)
            if not pc.any(hit).as_py():
                continue
            texts = values.to_pylist()
            masked = [mask_names(text, self.hashes) if text else text for text in texts]
            if masked != texts:
                rows = rows.set_column(number, column, pa.array(masked, type=pa.string()))
        return rows

    def _with_findings(self, table: str, rows: pa.Table) -> pa.Table:
        """Cut surfaces, evidence and sentences out of the masked texts, so that they are still what spans point to."""
        if table not in _FINDINGS:
            return rows
        versions = list(zip(rows.column("article_id").to_pylist(), rows.column("revision").to_pylist(), strict=True))
        touched = [number for number, version in enumerate(versions) if version in self.masked]
        if not touched:
            return rows
        cells = rows.to_pylist()
        for number in touched:
            cells[number] |= _cut(table, cells[number], self.masked[versions[number]])
        columns = [pa.array([cell[one.name] for cell in cells], type=one.type) for one in rows.schema]
        return pa.Table.from_arrays(columns, schema=rows.schema)


def _cut(table: str, row: Mapping[str, Any], texts: Texts) -> dict[str, str]:
    before, after = texts.before[row["field"]], texts.after[row["field"]]
    start, end = row["start_char"], row["end_char"]
    if table == "mentions":
        return {"surface": after[start:end], "sentence": after[row["sentence_start"] : row["sentence_end"]]}
    if table in {"quotes", "places", "people"}:
        return {"surface": after[start:end]}
    # A complaint or demand tells its sentence without a span: it lies around the evidence. A masked one stays.
    place = before.rfind(row["sentence"], 0, end + len(row["sentence"]))
    sentence = row["sentence"] if place < 0 else after[place : place + len(row["sentence"])]
    return {"evidence": after[start:end], "sentence": sentence}


def _named(rows: pa.Table) -> pa.Table:
    """Return `rows` of names without those that were masked: nothing is left that they could tell."""
    gone = pc.match_substring(rows.column("surface"), MASK)
    return rows.filter(pc.invert(gone)) if pc.any(gone).as_py() else rows


def _loose(word: str) -> str:
    letters = ["[её]" if letter.lower() in "её" else re.escape(letter) for letter in word]
    return _UNSEEN.join(letters)
