"""Benchmark: the pipeline beside a plain script over the same input, in one run, as ratios."""

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

SEED = 7  # of the generated input
RELEVANT_SHARE = 0.02  # of generated items that mention a group: about what broad news feeds have
WORDS = {
    "en": "the city council budget new plan road school mayor team season market price court report minister energy "
    "water local festival company workers union train bridge weather storm election party leader agreement trade",
    "ru": "город бюджет новый план дорога школа мэр команда сезон рынок цена суд отчет министр энергия вода фестиваль "
    "компания рабочие поезд мост погода шторм выборы партия лидер договор торговля завод область",
    "uk": "місто бюджет новий план дорога школа мер команда сезон ринок ціна суд звіт міністр енергія вода фестиваль "
    "компанія робітники потяг міст погода шторм вибори партія лідер угода торгівля завод область",
}
FINDINGS = {
    "en": "Mothers of conscripts said their sons were sent to the front without training. ",
    "ru": "Матери срочников рассказали, что их сыновей отправили на фронт без подготовки. ",
    "uk": "Матері мобілізованих розповіли, що їхніх синів відправили на фронт без підготовки. ",
}
# What a person would write in an afternoon: a few regexes, TextBlob on each item, one Parquet file.
PLAIN_SCRIPT = """
import json, re, sys
import pyarrow as pa, pyarrow.parquet as pq
from textblob import TextBlob
ACTOR = re.compile(r"soldiers' mothers|mothers of (?:soldiers|conscripts)|матер\\w+ (?:солдат|срочник|мобилизован)\\w*"
                   r"|матер\\w+ (?:солдат|мобілізован|військов)\\w*", re.I)
COMPLAINT = re.compile(r"without training|no equipment|без подготовки|без снаряжения|без підготовки", re.I)
rows = []
for line in open(sys.argv[1], encoding="utf-8"):
    item = json.loads(line)
    text = f"{item.get('title') or ''}\\n\\n{item.get('text') or ''}"
    mood = TextBlob(text).sentiment
    rows.append({"id": item["id"], "actors": ACTOR.findall(text), "complaints": COMPLAINT.findall(text),
                 "polarity": mood.polarity, "subjectivity": mood.subjectivity, "text": text})
pq.write_table(pa.Table.from_pylist(rows), sys.argv[2], compression="zstd")
"""


@dataclass(frozen=True, slots=True)
class Timing:
    """One measured command: seconds and the peak of resident memory, in MiB, of its largest process."""

    seconds: float
    peak: float


def generate(path: Path, items: int, characters: int) -> None:
    """Write `items` JSONL records of about `characters` characters in three languages to `path`."""
    dice = random.Random(SEED)  # noqa: S311 - test data, not secrets
    with path.open("w", encoding="utf-8") as file:
        for number in range(items):
            lang = ("en", "ru", "uk")[number % 3]
            text = FINDINGS[lang] if dice.random() < RELEVANT_SHARE else ""
            words = WORDS[lang].split()
            while len(text) < characters:
                sentence = " ".join(dice.choices(words, k=dice.randint(6, 18)))
                text += f"{sentence.capitalize()}. "
            title = " ".join(dice.choices(words, k=6)).capitalize()
            record = {"id": str(number), "title": title, "text": text.strip(), "source": f"bench-{lang}"}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def measure(command: list[str]) -> Timing:
    """Run `command` and return its time and memory. Raises CalledProcessError where it fails."""
    before = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603 - our own commands
    errors = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    return Timing(time.monotonic() - before, _peak(usage))


def main(
    file: Annotated[Path | None, typer.Argument(help="A JSONL file to read; by default input is generated.")] = None,
    items: Annotated[int, typer.Option(help="Number of generated items.")] = 5_000,
    characters: Annotated[int, typer.Option(help="Length of a generated item.")] = 2_000,
    rounds: Annotated[int, typer.Option(help="Rounds; the medians are printed.")] = 3,
) -> None:
    """Print items per second of the pipeline and of a plain script, their ratio, and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        source = file or Path(folder) / "input.jsonl"
        if file is None:
            generate(source, items, characters)
        number = sum(1 for line in source.open("rb") if line.strip())
        plain: list[Timing] = []
        ours: list[Timing] = []
        for turn in range(rounds):
            plain.append(measure([sys.executable, "-c", PLAIN_SCRIPT, str(source), f"{folder}/plain-{turn}.parquet"]))
            command = [sys.executable, "-m", "pipeline", "run", "--seeds", str(source), "--no-feeds"]
            ours.append(measure([*command, "--out", f"{folder}/out-{turn}"]))
        typer.echo(f"{number} items, {source.stat().st_size / 2**20:.1f} MiB, {rounds} rounds, medians")
        for name, timings in (("plain script", plain), ("picket run", ours)):
            seconds = statistics.median(timing.seconds for timing in timings)
            peak = max(timing.peak for timing in timings)
            typer.echo(f"{name:<14}{seconds:>8.1f} s{number / seconds:>10.0f} items/s{peak:>8.0f} MiB peak")
        ratio = statistics.median(a.seconds / b.seconds for a, b in zip(plain, ours, strict=True))
        typer.echo(f"picket does {ratio:.2f} times the items per second of the plain script")


def _peak(usage: resource.struct_rusage) -> float:
    return float(usage.ru_maxrss) / 1024


if __name__ == "__main__":
    typer.run(main)
