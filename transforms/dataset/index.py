"""The index of a dataset: what a next run needs to know of the articles and feeds that the tables hold."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from transforms.dataset.state_file import read_state
from transforms.identity.decide import KnownArticle
from transforms.tables.ids import ID_DIGITS
from transforms.tables.masking import ForgottenNames, forgotten_item, forgotten_source

ID_BYTES = ID_DIGITS // 2  # an id is stored as bytes: half the size of its digits
_BATCH = 500  # ids in one question to SQLite; it takes 999 parameters in its oldest builds


class Index:
    """Answers what is known, from the state file opened read-only. Not for use across processes."""

    def __init__(self, state: sqlite3.Connection) -> None:
        self._state = state

    @classmethod
    def open(cls, path: Path | str) -> "Index":
        """Open the index in the state file at `path`. Raises StateDamaged if there is none."""
        return cls(read_state(Path(path)))

    def close(self) -> None:
        """Close the file."""
        self._state.close()

    def resolve(self, keys: Sequence[str]) -> dict[str, str]:
        """Return key → article id for those identity keys that the dataset knows."""
        question = "SELECT key, article FROM keys WHERE key IN ({})"
        return {unpack_id(key): unpack_id(article) for key, article in self._ask(question, keys)}

    def known(self, article_ids: Sequence[str]) -> dict[str, KnownArticle]:
        """Return article id → what the dataset holds of it, for those that it holds."""
        question = (
            "SELECT article, source_id, revision, hashes FROM articles JOIN sources USING (source)"
            " WHERE article IN ({})"
        )
        found = {}
        for article, source_id, revision, packed in self._ask(question, article_ids):
            hashes = unpack_ids(packed)
            found[unpack_id(article)] = KnownArticle(source_id, revision, hashes[-1], frozenset(hashes))
        return found

    def revisions(self, article_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return article id → its last revision, and the day of that, counted from 1970."""
        question = "SELECT article, revision, day FROM articles WHERE article IN ({})"
        return {unpack_id(article): (revision, day) for article, revision, day in self._ask(question, article_ids)}

    def stories(self, article_ids: Sequence[str]) -> dict[str, str]:
        """Return article id → story id for those that are copies."""
        question = "SELECT article, story FROM stories WHERE article IN ({})"
        return {unpack_id(article): unpack_id(story) for article, story in self._ask(question, article_ids)}

    def remembers_forgotten(self) -> bool:
        """Whether anything was ever forgotten: most datasets never forget, and need not ask about each article."""
        return self._state.execute("SELECT 1 FROM forgotten LIMIT 1").fetchone() is not None

    def forgotten(self, keys: Sequence[str]) -> set[str]:
        """Return those of `keys` (identity keys) whose items were forgotten: they must not come in again."""
        hashed = {forgotten_item(key): key for key in keys}
        question = "SELECT forgotten_id FROM forgotten WHERE kind = 'item' AND forgotten_id IN ({})"
        return {hashed[unpack_id(found)] for (found,) in self._ask(question, list(hashed))}

    def forgotten_sources(self, source_ids: Sequence[str]) -> set[str]:
        """Return those of `source_ids` that were forgotten: nothing of theirs may come in again."""
        hashed = {forgotten_source(source_id): source_id for source_id in source_ids}
        question = "SELECT forgotten_id FROM forgotten WHERE kind = 'source' AND forgotten_id IN ({})"
        return {hashed[unpack_id(found)] for (found,) in self._ask(question, list(hashed))}

    def forgotten_names(self) -> ForgottenNames:
        """Return the names that must be masked in whatever comes in."""
        rows = self._state.execute("SELECT forgotten_id, words FROM forgotten WHERE kind = 'name'").fetchall()
        return ForgottenNames(frozenset(unpack_id(one) for one, _ in rows), tuple(sorted({words for _, words in rows})))

    def feed_states(self) -> dict[str, str]:
        """Return source id → the state that its last poll left, as JSON."""
        return dict(self._state.execute("SELECT source_id, feed_state FROM feeds"))

    def _ask(self, question: str, ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(ids), _BATCH):
            batch = [pack_id(one) for one in ids[start : start + _BATCH]]
            yield from self._state.execute(question.format(",".join("?" * len(batch))), batch).fetchall()


def pack_id(text: str) -> bytes:
    """Return an id as its bytes. Raises ValueError if it is none of ours."""
    packed = bytes.fromhex(text)
    if len(packed) != ID_BYTES:
        raise ValueError(f"{text!r} is no id of {ID_DIGITS} digits")
    return packed


def unpack_id(packed: bytes) -> str:
    """Return the digits of a packed id."""
    return packed.hex()


def pack_ids(ids: Iterable[str]) -> bytes:
    """Return ids as their bytes, one after the other."""
    return b"".join(pack_id(one) for one in ids)


def unpack_ids(packed: bytes) -> list[str]:
    """Return the ids of what `pack_ids` made."""
    return [packed[start : start + ID_BYTES].hex() for start in range(0, len(packed), ID_BYTES)]
