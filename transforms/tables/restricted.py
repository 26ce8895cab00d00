"""The table that only its owner may read: its row, and how its files are made."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from transforms.tables.records import Field, SpeakerKind

FindingTable = Literal["complaints", "quotes"]
FOLDER_MODE = 0o700
FILE_MODE = 0o600
USUAL_MODE = 0o777  # of a folder, as far as the user's own mask allows


@dataclass(frozen=True, slots=True)
class Person:
    """The name of a private person who says a finding, as written. A row of `people`, where the profile asks for it."""

    person_id: str
    article_id: str
    revision: int
    source_id: str
    finding_table: FindingTable
    finding_id: str
    field: Field
    surface: str
    start_char: int
    end_char: int
    speaker_kind: SpeakerKind
    lang: str
    published_at: datetime | None
    analysis_version: str
    run_id: str


def make_place(path: Path, restricted: bool) -> None:
    """Make the folder of `path`, a file that is about to be written; of a restricted table also the file, empty.

    It belongs to its owner alone from its first byte on, where the system has modes. Raises OSError.
    """
    path.parent.mkdir(FOLDER_MODE if restricted else USUAL_MODE, parents=True, exist_ok=True)
    if restricted:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE))
