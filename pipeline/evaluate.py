"""Quality of detection: what the pipeline finds in labelled texts against their labels, per language."""

import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pyarrow.parquet as pq
import typer

from pipeline import floors
from pipeline.config import load_profile, override
from pipeline.plan import Request
from pipeline.resources import bundled
from pipeline.run import perform

RESAMPLES = 1_000  # of the bootstrap: the interval's own error is below 0.01
SEED = 20240229  # of the bootstrap, so that the same results print the same intervals
MEASURES = ("actors", "codes", "code+status", "families", "relevant")

GOLD = Path(__file__).parent.parent / "tests" / "gold"
FLOORS = GOLD / "floors.json"
JUDGES = ("heldout", "unread")  # sets that only judge: their texts are not shown

Facts = frozenset[tuple[str, ...]]
Details = frozenset[tuple[str, str, str]]  # code, status, a word on this complaint


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels or findings of one text."""

    key: str
    lang: str
    relevant: bool
    actors: frozenset[str]
    complaints: frozenset[tuple[str, str]]  # code, status
    speakers: Details = frozenset()  # code, status, kind of speaker
    targets: Details = frozenset()  # code, status, target
    demands: frozenset[str] | None = None  # None where the labels say nothing of them

    def facts(self, measure: str) -> Facts:
        """Return what counts for `measure`, as a set."""
        if measure == "actors":
            return frozenset((actor,) for actor in self.actors)
        if measure == "codes":
            return frozenset((code,) for code, _ in self.complaints)
        if measure == "code+status":
            return frozenset(self.complaints)
        if measure == "demands":
            return frozenset((demand,) for demand in self.demands or ())
        if measure == "families":
            return frozenset((code.partition(".")[0],) for code, _ in self.complaints)
        return frozenset({("relevant",)}) if self.relevant else frozenset()


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 from counts; an empty denominator counts as 1: nothing was asked, nothing wrong."""

    right: int
    found: int
    expected: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what was expected that was found."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        total = self.found + self.expected
        return 2 * self.right / total if total else 1.0


Pair = tuple[Labelled, Labelled]  # labels, findings


def read_labels(path: Path) -> list[Labelled]:
    """Read a JSONL file of labelled texts, or the JSON list of expected findings of a seed file."""
    content = path.read_text(encoding="utf-8")
    records = json.loads(content) if path.suffix == ".json" else [json.loads(x) for x in content.splitlines() if x]
    return [_labelled(record) for record in records]


def found_in(out: Path) -> dict[str, Labelled]:
    """Return what a dataset holds, by external id."""
    complaints: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(out, "complaints", ["article_id", "code", "status", "speaker_kind", "target"]):
        complaints[row["article_id"]].append(row)
    demands: dict[str, set[str]] = defaultdict(set)
    for row in _rows(out, "demands", ["article_id", "code"]):
        demands[row["article_id"]].add(row["code"])
    return {
        row["external_id"]: Labelled(
            row["external_id"],
            row["lang"],
            row["relevant"],
            frozenset(row["actors"]),
            _facts_of(complaints[row["article_id"]], "code", "status"),
            _facts_of(complaints[row["article_id"]], "code", "status", "speaker_kind"),
            _facts_of(complaints[row["article_id"]], "code", "status", "target"),
            frozenset(demands[row["article_id"]]),
        )
        for row in _rows(out, "articles", ["article_id", "external_id", "lang", "relevant", "actors"])
    }


def run_over(seeds: Sequence[str], out: Path, no_feeds: bool) -> dict[str, Labelled]:
    """Run the pipeline over `seeds` into the empty folder `out` and return what it found, by external id."""
    profile = override(load_profile(bundled("configs", "demo.yaml")), out, list(seeds), None, no_feeds)
    code = perform(Request(profile, no_feeds=no_feeds), dry_run=False, as_json=False, quiet=True)
    if code:
        raise SystemExit(code)
    return found_in(out)


def score(pairs: Iterable[Pair], measure: str) -> Score:
    """Score `pairs` by micro average over articles."""
    right = found = expected = 0
    for labels, findings in pairs:
        wanted, got = labels.facts(measure), findings.facts(measure)
        right += len(wanted & got)
        found += len(got)
        expected += len(wanted)
    return Score(right, found, expected)


def status_right(pairs: Sequence[Pair]) -> tuple[int, int]:
    """Return how many codes found rightly have the right status, and how many codes were found rightly."""
    right = total = 0
    for labels, findings in pairs:
        for code in {code for code, _ in labels.complaints} & {code for code, _ in findings.complaints}:
            total += 1
            mine = {status for other, status in findings.complaints if other == code}
            right += mine == {status for other, status in labels.complaints if other == code}
    return right, total


def detail_right(pairs: Sequence[Pair], detail: Callable[[Labelled], Details]) -> tuple[int, int]:
    """Return for how many complaints found rightly a labelled `detail` is right, and of how many it is labelled."""
    right = total = 0
    for labels, findings in pairs:
        wanted, got = detail(labels), detail(findings)
        for complaint in {fact[:2] for fact in wanted} & findings.complaints:
            total += 1
            right += any(fact[:2] == complaint for fact in wanted & got)
    return right, total


def false_alarms(pairs: Sequence[Pair]) -> tuple[int, int]:
    """Return how many irrelevant texts were called relevant, and how many irrelevant texts there are."""
    negatives = [findings for labels, findings in pairs if not labels.relevant]
    return sum(findings.relevant for findings in negatives), len(negatives)


def interval(pairs: Sequence[Pair], value: Callable[[Sequence[Pair]], float]) -> tuple[float, float]:
    """Return the 95 % interval of `value` over resampled articles."""
    dice = random.Random(SEED)  # noqa: S311 - statistics, not secrets
    values = sorted(value(dice.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    return values[int(0.025 * RESAMPLES)], values[int(0.975 * RESAMPLES) - 1]


def report(pairs: Sequence[Pair]) -> Iterator[str]:
    """Yield the table of all measures per language, then of codes over all languages."""
    languages = sorted({labels.lang for labels, _ in pairs})
    yield f"{'lang':<5}{'measure':<13}{'texts':>6}{'expected':>9}{'found':>7}{'prec.':>7}{'recall':>7}{'F1':>6}  95 %"
    for lang in languages:
        mine = [pair for pair in pairs if pair[0].lang == lang]
        for measure in MEASURES:
            result = score(mine, measure)
            low, high = interval(mine, lambda sample, m=measure: score(sample, m).f1)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            yield (
                f"{lang:<5}{measure:<13}{len(mine):>6}{result.expected:>9}{result.found:>7}"
                f"{result.precision:>7.2f}{result.recall:>7.2f}{result.f1:>6.2f}  {low:.2f}-{high:.2f}"
            )
        right, total = status_right(mine)
        alarms, negatives = false_alarms(mine)
        yield f"{lang:<5}status right {right}/{total}, irrelevant texts called relevant {alarms}/{negatives}"
        speakers, spoken = detail_right(mine, lambda labelled: labelled.speakers)
        targets, aimed = detail_right(mine, lambda labelled: labelled.targets)
        demands = score([pair for pair in mine if pair[0].demands is not None], "demands")
        yield (
            f"{lang:<5}kind of speaker right {speakers}/{spoken}, target right {targets}/{aimed}, demands right "
            f"{demands.right} of {demands.found} found and {demands.expected} expected"
        )
    yield ""
    yield f"{'code':<17}{'expected':>9}{'found':>7}{'prec.':>7}{'recall':>7}{'F1':>6}"
    for code in sorted({code for pair in pairs for side in pair for code, _ in side.complaints}):
        result = _score_of_code(pairs, code)
        yield (
            f"{code:<17}{result.expected:>9}{result.found:>7}"
            f"{result.precision:>7.2f}{result.recall:>7.2f}{result.f1:>6.2f}"
        )


def pair_up(labels: Iterable[Labelled], found: dict[str, Labelled]) -> list[Pair]:
    """Pair labels with findings by key. Raises KeyError where a labelled text did not come out."""
    return [(label, found[label.key]) for label in labels]


def corpora() -> dict[str, list[Path]]:
    """Return the labelled sets of this checkout: name → files. Rules are tuned on those of development alone."""
    sets = {"seeds": sorted(bundled("seeds", "expected").glob("*.json"))}
    for part in ("development", "development_later", *JUDGES):
        sets[part] = sorted((GOLD / part).glob("*.jsonl"))
    return {name: files for name, files in sets.items() if files}


def evaluated(files: Sequence[Path]) -> list[Pair]:
    """Run the pipeline over labelled `files` (or over the seeds that they are the labels of) and pair the results."""
    labels = [label for path in files for label in read_labels(path)]
    with tempfile.TemporaryDirectory() as folder:
        if all(path.suffix == ".json" for path in files):
            found = run_over(load_profile(bundled("configs", "demo.yaml")).seeds, Path(folder), no_feeds=False)
        else:
            found = run_over([str(path) for path in files], Path(folder), no_feeds=True)
    return pair_up(labels, found)


def main(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Labelled JSONL files; by default the sets of this checkout.")
    ] = None,
    details: Annotated[bool, typer.Option("--details", help="List each text with what is missing and extra.")] = False,
    pin: Annotated[bool, typer.Option("--pin", help="Raise the pinned floors to what was reached.")] = False,
    lower: Annotated[bool, typer.Option("--allow-lower", help="With --pin, also lower floors; say why.")] = False,
) -> None:
    """Print precision, recall and F1 per language of actors, codes and families, and compare with the pinned floors."""
    sets = {"given files": files} if files else corpora()
    below: list[str] = []
    for name, members in sets.items():
        pairs = evaluated(members)
        typer.echo(f"== {name}: {len(pairs)} texts")
        for line in [*report(pairs), *(_differences(pairs) if details and name not in JUDGES else ())]:
            typer.echo(line)
        typer.echo("")
        if not files:
            reached = floors.Reached(name, floors.digest(members), f1_by_language(pairs))
            below += floors.pin(FLOORS, reached, lower) if pin else floors.below(FLOORS, reached)
    for line in below:
        typer.echo(line, err=True)
    raise typer.Exit(1 if below else 0)


def f1_by_language(pairs: Sequence[Pair]) -> dict[str, dict[str, float]]:
    """Return F1 by language and measure."""
    languages = sorted({labels.lang for labels, _ in pairs})
    return {
        lang: {name: score([pair for pair in pairs if pair[0].lang == lang], name).f1 for name in MEASURES}
        for lang in languages
    }


def _differences(pairs: Sequence[Pair]) -> Iterator[str]:
    for labels, findings in pairs:
        for measure in ("actors", "code+status"):
            wanted, got = labels.facts(measure), findings.facts(measure)
            if wanted != got:
                missing = " ".join(":".join(fact) for fact in sorted(wanted - got))
                extra = " ".join(":".join(fact) for fact in sorted(got - wanted))
                yield f"{labels.key}\t{measure}\tmissing: {missing or '-'}\textra: {extra or '-'}"


def _score_of_code(pairs: Iterable[Pair], code: str) -> Score:
    wanted = [(code,) in labels.facts("codes") for labels, _ in pairs]
    got = [(code,) in findings.facts("codes") for _, findings in pairs]
    return Score(sum(a and b for a, b in zip(wanted, got, strict=True)), sum(got), sum(wanted))


def _labelled(record: dict[str, Any]) -> Labelled:
    return Labelled(
        str(record["key"] if "key" in record else record["id"]),
        record["lang"],
        record["relevant"],
        frozenset(record["actors"]),
        _facts_of(record["complaints"], "code", "status"),
        _facts_of(record["complaints"], "code", "status", "speaker_kind"),
        _facts_of(record["complaints"], "code", "status", "target"),
        frozenset(record["demands"]) if "demands" in record else None,
    )


def _facts_of(complaints: Iterable[dict[str, Any]], *fields: str) -> frozenset[Any]:
    """Return the values of `fields` of each of `complaints` that has them all."""
    return frozenset(tuple(c[field] for field in fields) for c in complaints if all(c.get(field) for field in fields))


def _rows(out: Path, table: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    for file in sorted((out / "tables" / table).glob("dt=*/*.parquet")):
        yield from pq.read_table(file, columns=columns, partitioning=None).to_pylist()


if __name__ == "__main__":
    typer.run(main)
