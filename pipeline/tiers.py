"""What rules and second tier each add, what an article costs, and how much each code was given to learn from."""

import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.config import Profile, load_profile
from pipeline.evaluate import Labelled, Pair, corpora, false_alarms, read_labels, score
from pipeline.plan import analysis_settings
from pipeline.resources import bundled
from pipeline.training_texts import read_training
from transforms.analysis.analyse import Analyser, Identity
from transforms.complaints.codes import CODES
from transforms.complaints.loading import LANGUAGES, load_knowledge
from transforms.tables.records import ActorHit, ComplaintHit, DocumentRef, ParsedDocument
from transforms.text.normalise import Normalised
from transforms.text.words import TextView

TIERS = ("rules", "model", "both")
ROUNDS = 5  # of the timing: its medians are printed
MEASURES = ("codes", "code+status", "families", "relevant")
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_SOMEBODY = Identity("0" * 24, 0, "")


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A labelled text: what it says and what should be found in it."""

    title: str
    text: str
    labels: Labelled


@dataclass(frozen=True, slots=True)
class Analysers:
    """The same knowledge without the second tier, and with it."""

    rules: Analyser
    both: Analyser

    @classmethod
    def load(cls, profile: Profile) -> "Analysers":
        """Load what `profile` names. Raises InvalidFile."""
        alone = Profile.model_validate({**profile.model_dump(), "model": None})
        return cls(Analyser(analysis_settings(alone)), Analyser(analysis_settings(profile)))


def read_texts(files: Sequence[Path]) -> list[LabelledText]:
    """Read labelled JSONL `files`."""
    found = []
    for path in files:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        labels = read_labels(path)
        found += [
            LabelledText(record["title"], record["text"], label) for record, label in zip(records, labels, strict=True)
        ]
    return found


def findings(analysers: Analysers, item: LabelledText) -> dict[str, Labelled]:
    """Return what each of `TIERS` finds in a text by itself, behind the same gate and beside the same actors."""
    lang = item.labels.lang
    title, text = TextView(item.title, lang), TextView(item.text, lang)
    both = analysers.both
    if not both.gate.passes(title.normal, text.normal):
        return {tier: _found(item, (), ()) for tier in TIERS}
    actors = both.matcher.find(title, text)
    fields = both.finder.read(title, text, actors)
    rules = both.finder.findings(fields).complaints
    given = {
        "rules": analysers.rules.settle(fields, actors, rules),
        "model": both.settle(fields, actors, ()) if both.second else [],
        "both": both.settle(fields, actors, rules),
    }
    return {tier: _found(item, actors, hits) for tier, hits in given.items()}


def ablation(analysers: Analysers, files: Sequence[Path]) -> Iterator[str]:
    """Yield a table of F1 by language and tier over labelled `files`."""
    items = read_texts(files)
    found = [findings(analysers, item) for item in items]
    yield f"{'lang':<6}{'tier':<7}" + "".join(f"{measure:>13}" for measure in MEASURES) + f"{'false alarms':>15}"
    for lang in LANGUAGES:
        for tier in TIERS:
            pairs: list[Pair] = [
                (item.labels, by[tier]) for item, by in zip(items, found, strict=True) if item.labels.lang == lang
            ]
            values = "".join(f"{score(pairs, measure).f1:>13.2f}" for measure in MEASURES)
            alarms, negatives = false_alarms(pairs)
            yield f"{lang:<6}{tier:<7}{values}{f'{alarms}/{negatives}':>15}"


def costs(analysers: Analysers, files: Sequence[Path]) -> Iterator[str]:
    """Yield the milliseconds that an article costs, relevant or not, with each of `analysers`: medians of rounds."""
    items = read_texts(files)
    kinds = {
        "relevant": [_document(item) for item in items if item.labels.relevant],
        "irrelevant": [_document(item) for item in items if not item.labels.relevant],
    }
    gate = analysers.both.gate
    kinds["left out by the gate"] = [d for d in kinds["irrelevant"] if not gate.passes(*_normal(d))]
    yield f"{'article':<24}{'texts':>6}{'words':>7}" + f"{'rules alone':>17}{'with the model':>17}"
    for kind, members in kinds.items():
        words = statistics.median(len(d.title.split()) + len(d.text.split()) for d in members)
        taken = "".join(
            f"{_milliseconds(analyser, members):>14.2f} ms" for analyser in (analysers.rules, analysers.both)
        )
        yield f"{kind:<24}{len(members):>6}{words:>7.0f}{taken}"


def counts(rules: Path, training: Path) -> Iterator[str]:
    """Yield how many rules, and how many training sentences, each code has in each language."""
    knowledge = load_knowledge(rules)
    by_rule = {lang: Counter(c.rule.code for c in known.rules) for lang, known in knowledge.languages.items()}
    by_sentence = {lang: Counter[str]() for lang in LANGUAGES}
    sentences: Counter[str] = Counter()
    for example in read_training(training).examples:
        sentences[example.lang] += 1
        by_sentence[example.lang].update({code for code, _ in example.labels})
    yield (
        f"{'code':<16}"
        + "".join(f"{f'rules {lang}':>10}" for lang in LANGUAGES)
        + "".join(f"{f'training {lang}':>13}" for lang in LANGUAGES)
    )
    for code in CODES:
        left = "".join(f"{by_rule[lang][code]:>10}" for lang in LANGUAGES)
        yield f"{code:<16}{left}" + "".join(f"{by_sentence[lang][code]:>13}" for lang in LANGUAGES)
    left = "".join(f"{by_rule[lang].total():>10}" for lang in LANGUAGES)
    yield f"{'all, with others':<16}{left}" + "".join(f"{sentences[lang]:>13}" for lang in LANGUAGES)


def _milliseconds(analyser: Analyser, documents: Sequence[ParsedDocument]) -> float:
    taken = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        for document in documents:
            analyser.analyse(document, _SOMEBODY)
        taken.append(time.perf_counter() - started)
    # The first round fills the caches of word forms, which a long run has full as well.
    return 1000 * statistics.median(taken[1:]) / max(1, len(documents))


def _normal(document: ParsedDocument) -> tuple[Normalised, Normalised]:
    lang = document.lang_hint or ""
    return TextView(document.title, lang).normal, TextView(document.text, lang).normal


def _document(item: LabelledText) -> ParsedDocument:
    ref = DocumentRef("", "", 0, 0, "", "measured", "", _SOME_DAY)
    return ParsedDocument(
        ref, item.labels.key, None, None, item.title, item.text, "full", item.labels.lang, None, None, (), "0" * 24
    )


def _found(item: LabelledText, actors: Sequence[ActorHit], hits: Sequence[ComplaintHit]) -> Labelled:
    return Labelled(
        item.labels.key,
        item.labels.lang,
        bool(actors) or any(hit.status == "asserted" for hit in hits),
        frozenset(hit.actor_id for hit in actors),
        frozenset((hit.code, hit.status) for hit in hits),
    )


def main(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Labelled JSONL files; by default the gold set, part by part.")
    ] = None,
) -> None:
    """Print F1 of rules alone, model alone and both, the cost of an article, and rules and sentences by code."""
    profile = load_profile(bundled("configs", "demo.yaml"))
    analysers = Analysers.load(profile)
    sets = {"given files": files} if files else {n: f for n, f in corpora().items() if f[0].suffix == ".jsonl"}
    for name, members in sets.items():
        typer.echo(f"== F1 on {name}")
        for line in ablation(analysers, members):
            typer.echo(line)
        typer.echo("")
    typer.echo("== Cost of an article, from parsed document to rows, one process")
    for line in costs(analysers, next(iter(sets.values()))):
        typer.echo(line)
    typer.echo("\n== Rules and training sentences by code")
    for line in counts(profile.complaints, bundled("configs", "training")):
        typer.echo(line)


if __name__ == "__main__":
    typer.run(main)
