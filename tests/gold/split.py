"""Put gold records into their parts: those of development may be read by the author of rules, the others may not.

The part follows from the id alone (SHA-256 of its UTF-8 bytes; an even first byte is development), so that a record
never changes sides when others come or go. The texts `<lang>-u-*` were written last and have parts of their own. Run it
with:

    python tests/gold/split.py                 # put what is stored into order again
    python tests/gold/split.py NEW.jsonl ...   # add records; one with a known id replaces the stored one

Each part has one file a language, sorted by id, one JSON object a line.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

GOLD = Path(__file__).parent
FIRST, LATER = ("development", "heldout"), ("development_later", "unread")
PARTS = (*FIRST, *LATER)
MARK = "-u-"  # in the ids of texts that were written later
LANGUAGES = ("en", "ru", "uk")

Record = dict[str, Any]


def choose_part(record_id: str) -> str:
    """Return the part that an id belongs to."""
    return (LATER if MARK in record_id else FIRST)[hashlib.sha256(record_id.encode("utf-8")).digest()[0] % 2]


def read_records(path: Path) -> list[Record]:
    """Return the records of a JSONL file; a file that is not there holds none."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def read_gold(gold: Path = GOLD, parts: Iterable[str] = PARTS) -> list[Record]:
    """Return all stored records of the named parts."""
    return [
        record for part in parts for language in LANGUAGES for record in read_records(gold / part / f"{language}.jsonl")
    ]


def split_records(records: Iterable[Record]) -> dict[tuple[str, str], list[Record]]:
    """Return records by part and language, sorted by id; of two with the same id the later one stays."""
    latest = {record["id"]: record for record in records}
    placed: dict[tuple[str, str], list[Record]] = {(part, language): [] for part in PARTS for language in LANGUAGES}
    for record_id in sorted(latest):
        placed[choose_part(record_id), latest[record_id]["lang"]].append(latest[record_id])
    return placed


def write_gold(records: Iterable[Record], gold: Path = GOLD) -> None:
    """Write records into `<part>/<language>.jsonl` under the folder, replacing what is there."""
    for (part, language), placed in split_records(records).items():
        (gold / part).mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in placed]
        (gold / part / f"{language}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    added = [record for name in sys.argv[1:] for record in read_records(Path(name))]
    write_gold([*read_gold(), *added])
