"""Floors of quality: what detection has reached on a labelled set, below which it must not fall."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STEP = 0.01  # floors are pinned in steps of this: the results are deterministic, so no margin is needed


@dataclass(frozen=True, slots=True)
class Reached:
    """F1 by language and measure on the labelled set `corpus`, whose files have the hash `digest`."""

    corpus: str
    digest: str
    f1: dict[str, dict[str, float]]


def digest(files: Sequence[Path]) -> str:
    """Return a hash of the labelled files: floors hold for one state of a set."""
    parts = [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in sorted(files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def below(path: Path, reached: Reached) -> list[str]:
    """Return what is wrong with `reached` by the floors pinned in `path`, a line each."""
    pinned = _read(path).get(reached.corpus)
    if pinned is None or pinned["digest"] != reached.digest:
        return [f"{reached.corpus}: no floors are pinned for this state of the set; pin them with --pin"]
    return [
        f"{reached.corpus}: {lang} {measure}: F1 {value:.3f} is below the floor {floor:.2f}"
        for lang, measures in reached.f1.items()
        for measure, value in measures.items()
        if value < (floor := pinned["f1"].get(lang, {}).get(measure, 0.0))
    ]


def pin(path: Path, reached: Reached, allow_lower: bool) -> list[str]:
    """Raise the floors in `path` to `reached`; return what would be lowered, and is not without `allow_lower`."""
    known = _read(path)
    wrong = [] if allow_lower or known.get(reached.corpus, {}).get("digest") != reached.digest else below(path, reached)
    if not wrong:
        f1 = {
            lang: {measure: math.floor(value / STEP + 1e-9) * STEP for measure, value in measures.items()}
            for lang, measures in reached.f1.items()
        }
        known[reached.corpus] = {"digest": reached.digest, "f1": _rounded(f1)}
        path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return wrong


def _rounded(f1: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {lang: {name: round(value, 2) for name, value in measures.items()} for lang, measures in f1.items()}


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
