"""Which rows of `failures` hold, in their raw item, something that is to be forgotten."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from transforms.documents.parse import parse_document
from transforms.identity.decide import Candidate, candidate_of
from transforms.letters.item import restore
from transforms.letters.spellings import spells_any, spells_name
from transforms.tables.masking import ForgottenNames
from transforms.tables.records import Unreadable

# Characters from which an id or a title names one article: shorter ones ("1", "News") are in anything.
MIN_MARK = 8


@dataclass(frozen=True, slots=True)
class ItemSearch:
    """What is looked for in raw items: identity keys, addresses, ids and titles of articles; sources; names."""

    keys: AbstractSet[str]
    marks: AbstractSet[str]
    source_ids: AbstractSet[str]
    names: ForgottenNames

    def is_of_forgotten(self, row: Mapping[str, Any]) -> bool:
        """Whether the item of a row of `failures` is one of the articles, or of the sources, that go.

        An item that can be read tells which article it is; of another its text is searched.
        """
        restored = restore(row)
        if restored is None or not (self.keys or self.marks or self.source_ids):
            return False
        candidate = _candidate(row)
        if candidate is not None:
            own = {candidate.own_key, candidate.link_key}
            if own & self.keys or candidate.ref.source_id in self.source_ids:
                return True
        wanted = [mark for mark in self.marks if len(mark) >= MIN_MARK]
        return spells_any(restored[1], [*wanted, *(f'"{one}"' for one in self.source_ids)])

    def may_name(self, row: Mapping[str, Any]) -> bool:
        """Whether the item of a row may hold one of the names."""
        restored = restore(row)
        return restored is None or spells_name(restored[1], self.names)


def _candidate(row: Mapping[str, Any]) -> Candidate | None:
    restored = restore(row)
    try:
        document = parse_document(*restored) if restored else None
    except Exception:  # it is a dead letter because something like that happened
        return None
    return None if document is None or isinstance(document, Unreadable) else candidate_of(document)
