"""One seed file read from its bytes to its documents, for tests."""

from datetime import UTC, datetime
from pathlib import Path

from transforms.documents.parse import parse_document
from transforms.documents.record_files import TableFormat
from transforms.documents.seed_files import find_seed_files, plan_shards, read_body
from transforms.documents.seed_reading import iterate_shard
from transforms.tables.records import Failure, ParsedDocument

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def read(
    tmp_path: Path, name: str, content: bytes, *formats: TableFormat
) -> tuple[list[ParsedDocument], list[tuple[str, str]]]:
    """Return the documents of one file and, for what can't be read, place (without the path) and reason."""
    path = tmp_path / name
    path.write_bytes(content)
    files, _ = find_seed_files([str(path)], formats=formats)
    shards, problems = plan_shards(files, tmp_path / "spool")
    documents = []
    reasons = [(one.place, one.reason) for one in problems]
    for shard in shards:
        for item in iterate_shard(shard, tmp_path / "spool", "run", NOW):
            found = item if isinstance(item, Failure) else parse_document(item, read_body(item))
            if isinstance(found, ParsedDocument):
                documents.append(found)
            else:
                reasons.append((item.place, found.reason))
    return documents, [(place.removeprefix(str(path)), reason) for place, reason in reasons]
