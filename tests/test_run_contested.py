"""One source that shows one id under two addresses, of which one is another source's article."""

from pathlib import Path
from typing import Any

import pytest
from running import rows, run_here, write_jsonl

from transforms.tables.identity import identity_keys
from transforms.tables.ids import stable_id

THEIRS = "https://paper.example/theirs"
OWN = "https://hub.example/own"


def article_of(source: str, external: str) -> str:
    return stable_id("article", identity_keys(source, external, THEIRS, None).own)


def item(source: str, external: str, url: str, text: str) -> dict[str, Any]:
    return {"id": external, "url": url, "title": "Title", "text": text, "source": source, "published": "2024-05-01"}


@pytest.mark.parametrize("larger", [False, True])
def test_its_later_edit_is_not_taken_for_the_others(tmp_path: Path, larger: bool) -> None:
    theirs = article_of("paper", "1")
    # Whichever of the two articles has the smaller id.
    external = next(f"x{n}" for n in range(99) if (article_of("hub", f"x{n}") > theirs) is larger)
    first = [
        item("paper", "1", THEIRS, "What the paper wrote."),
        item("hub", external, THEIRS, "What the paper wrote, by the hub."),
        item("hub", external, OWN, "What the hub wrote."),
    ]
    edited = [item("hub", external, OWN, "What the hub wrote, corrected.")]
    for name, records in (("first", first), ("second", edited)):
        assert run_here(tmp_path / "out", [write_jsonl(tmp_path / f"{name}.jsonl", records)]) == 0
    texts = {(row["source_id"], row["revision"]): row["text"] for row in rows(tmp_path / "out", "articles")}
    assert texts == {
        ("paper", 0): "What the paper wrote.",
        ("hub", 0): "What the hub wrote.",
        ("hub", 1): "What the hub wrote, corrected.",
    }
