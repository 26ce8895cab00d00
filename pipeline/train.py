"""Training of the second tier: from the sentences under `configs/training/` to the weights under `configs/model/`."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer

from pipeline.resources import bundled
from transforms.complaints.codes import CODES, family
from transforms.complaints.loading import LANGUAGES, Knowledge, load_knowledge
from transforms.complaints.reading import Reading
from transforms.complaints.rules import WordFile
from transforms.knowledge.yaml_file import YamlFile
from transforms.second_tier.features import BLOCKS, ClassNames, Features, features_of
from transforms.second_tier.model import block_values, count_rows, write_model
from transforms.text.words import TextView

SEED = 20240229  # of folds and of the solver
FOLDS = 5
MIN_TEXTS = 2  # training texts that a feature must come in: one that comes once tells nothing of others
COST = 0.3  # of the linear support vector machine; half and double of it changed nothing
ALIKE = 0.45  # cosine of letter groups above which two texts of one language stay in one fold
SCORES = "scores.json"
CARD = "card.md"
TABLE = re.compile(r"(?<=<!-- scores -->\n).*?(?=<!-- end of scores -->)", re.DOTALL)
STATUSES = {"a": "asserted", "d": "denied", "h": "hypothetical", "p": "historical"}
STATUS_OUTPUTS = ("status:denied", "status:hypothetical", "status:historical")
OUTPUTS = (*CODES, *STATUS_OUTPUTS)
SLOPE = 3.0  # of the prior calibration that few examples are drawn to
PRIOR = 8.0  # examples that the family's calibration counts for beside a code's own

Matrix = Any  # a scipy sparse matrix: scipy has no types, and is needed for training only
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One training sentence: its language, its text, and its labels as code → status letter."""

    lang: str
    text: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Space:
    """Which features there are: sorted keys, and a factor for each that is larger the rarer it is."""

    keys: npt.NDArray[np.uint32]
    rarity: npt.NDArray[np.float16]


def read_examples(folder: Path) -> list[Example]:
    """Read the sentences of `folder`, `<lang>*.tsv`, and those of its texts, `texts-<lang>*.jsonl`.

    Raises ValueError that names file and line.
    """
    found: list[Example] = []
    for lang in LANGUAGES:
        for pattern, read in ((f"{lang}*.tsv", _sentence), (f"texts-{lang}*.jsonl", _text)):
            for path in sorted(folder.glob(pattern)):
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                    if line and not line.startswith("#"):
                        try:
                            found.extend(read(lang, line))
                        except (ValueError, KeyError, TypeError) as error:
                            raise ValueError(f"{path}:{number}: {error}") from error
    return list(dict.fromkeys(found))


def _sentence(lang: str, line: str) -> list[Example]:
    marks, tab, text = line.partition("\t")
    if not tab or not text.strip():
        raise ValueError("no sentence behind the labels")
    labels = [] if marks == "-" else [mark.split(":") for mark in marks.split()]
    for label in labels:
        if len(label) != 2 or label[0] not in CODES or label[1] not in STATUSES:  # noqa: PLR2004 - code and status
            raise ValueError(f"unknown label {':'.join(label)}")
    return [Example(lang, text, tuple((code, status) for code, status in labels))]


def _text(lang: str, line: str) -> list[Example]:
    """Return the sentences of a labelled text: each with the labels whose evidence reaches into it."""
    record = json.loads(line)
    letters = {status: letter for letter, status in STATUSES.items()}
    found = []
    for raw in (record["title"], record["text"]):
        places = []
        for complaint in record["complaints"]:
            start = raw.find(complaint["evidence"])
            if start >= 0:
                label = complaint["code"], letters[complaint["status"]]
                places.append((start, start + len(complaint["evidence"]), label))
        for start, end in TextView(raw, lang).sentences:
            labels = sorted({label for first, last, label in places if first < end and start < last})
            found.append(Example(lang, raw[start:end], tuple(labels)))
    return found


def class_names(rules: Path) -> list[str]:
    """Return the names of all word classes of the languages in `rules`, sorted."""
    files = (YamlFile(rules / f"{lang}_words.yaml").validate(WordFile) for lang in LANGUAGES)
    return sorted({name for file in files for name in file.classes})


def example_features(examples: Sequence[Example], knowledge: Knowledge, names: Sequence[str]) -> list[Features]:
    """Return the features of each example."""
    lexicons = {lang: language.lexicon for lang, language in knowledge.languages.items()}
    known = {lang: ClassNames(lexicon, names) for lang, lexicon in lexicons.items()}
    return [
        features_of(Reading(TextView(e.text, e.lang), "text", lexicons[e.lang]).sentences, known[e.lang])
        for e in examples
    ]


def label_matrix(examples: Sequence[Example]) -> npt.NDArray[np.bool_]:
    """Return which output (columns, as `OUTPUTS`) holds for which example."""
    matrix = np.zeros((len(examples), len(OUTPUTS)), bool)
    for row, example in enumerate(examples):
        for code, status in example.labels:
            matrix[row, OUTPUTS.index(code)] = True
            if status != "a":
                matrix[row, OUTPUTS.index("status:" + STATUSES[status])] = True
    return matrix


def make_space(features: Sequence[Features]) -> Space:
    """Return the features that come in at least `MIN_TEXTS` of `features`."""
    every = np.concatenate([np.unique(np.concatenate(f.blocks)) for f in features])
    keys, texts = np.unique(every, return_counts=True)
    keep = texts >= MIN_TEXTS
    rarity = np.log((1 + len(features)) / (1 + texts[keep])) + 1
    return Space(keys[keep].astype(np.uint32), rarity.astype(np.float16))


def matrix_of(features: Sequence[Features], space: Space) -> Matrix:
    """Return the sparse matrix that the model sees, a row for each of `features`, as `LinearModel.scores` has it."""
    from scipy import sparse

    total = sparse.csr_matrix((len(features), len(space.keys)), dtype=np.float32)
    for block, (_, weight) in enumerate(BLOCKS):
        owners, rows, counts = count_rows(space.keys, [f.blocks[block] for f in features])
        values = weight * block_values(owners, rows, counts, space.rarity, len(features))
        total = total + sparse.csr_matrix((values, (owners, rows)), shape=total.shape, dtype=np.float32)
    return total


def fit(matrix: Matrix, labels: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return weights (features x outputs) and bias; status is learned on texts with a complaint alone."""
    from sklearn.svm import LinearSVC

    complaint = labels[:, : len(CODES)].any(axis=1)
    weights, bias = np.zeros((matrix.shape[1], len(OUTPUTS))), np.full(len(OUTPUTS), -1.0)
    for column, name in enumerate(OUTPUTS):
        rows = complaint if name in STATUS_OUTPUTS else np.ones(len(labels), bool)
        wanted = labels[rows, column]
        if 0 < wanted.sum() < len(wanted):
            machine = LinearSVC(C=COST, random_state=SEED).fit(matrix[rows], wanted)
            weights[:, column], bias[column] = machine.coef_[0], machine.intercept_[0]
    return weights, bias


def fold_numbers(examples: Sequence[Example]) -> npt.NDArray[np.int64]:
    """Return a fold for each example, the same for texts that are nearly the same (contrast pairs)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 4), sublinear_tf=True)
    matrix = vectors.fit_transform([e.text.lower() for e in examples])
    alike = (matrix @ matrix.T).tocoo()
    root = np.arange(len(examples))

    def find(item: int) -> int:
        while root[item] != item:
            item = root[item]
        return item

    for one, other, cosine in zip(alike.row, alike.col, alike.data, strict=True):
        if one < other and cosine > ALIKE and examples[one].lang == examples[other].lang:
            root[find(int(one))] = find(int(other))
    groups = [find(item) for item in range(len(examples))]
    dice = np.random.default_rng(SEED).integers(0, FOLDS, len(examples))
    return np.asarray(dice[groups])


def cross_validate(examples: Sequence[Example], features: Sequence[Features], labels: npt.NDArray[np.bool_]) -> Numbers:
    """Return the scores that each example gets from a model that has not seen it nor the like of it."""
    folds = fold_numbers(examples)
    scores = np.zeros(labels.shape)
    for fold in range(FOLDS):
        seen, unseen = np.flatnonzero(folds != fold).tolist(), np.flatnonzero(folds == fold).tolist()
        if unseen and seen:
            space = make_space([features[i] for i in seen])
            weights, bias = fit(matrix_of([features[i] for i in seen], space), labels[seen])
            scores[unseen] = matrix_of([features[i] for i in unseen], space) @ weights + bias
    return scores


def calibrate(scores: Numbers, labels: npt.NDArray[np.bool_]) -> tuple[list[float], list[float]]:
    """Return slopes and intercepts by output: one slope for all, an intercept by code drawn to its family's."""
    from sklearn.linear_model import LogisticRegression

    complaint = labels[:, : len(CODES)].any(axis=1)
    slopes, intercepts = [SLOPE] * len(OUTPUTS), [0.0] * len(OUTPUTS)
    codes = np.arange(len(CODES))
    for columns, rows in ((codes, np.ones(len(labels), bool)), (np.arange(len(CODES), len(OUTPUTS)), complaint)):
        wanted, given = labels[np.ix_(rows, columns)].ravel(), scores[np.ix_(rows, columns)].ravel()
        if not 0 < wanted.sum() < len(wanted):
            continue
        curve = LogisticRegression(C=1e6).fit(given[:, None], wanted)
        for column in columns:
            slopes[column], intercepts[column] = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    for column in codes:
        kin = [c for c in codes if family(CODES[c]) == family(CODES[column])]
        logits = slopes[column] * scores + intercepts[column]
        chances = 1 / (1 + np.exp(-logits))
        # The shift that makes as many expected as there are, from the code's own examples and its family's.
        seen = labels[:, column].sum() + PRIOR * labels[:, kin].sum() / max(1e-9, chances[:, kin].sum())
        expected = chances[:, column].sum() + PRIOR
        intercepts[column] += float(np.log(max(seen, 1e-9) / max(expected, 1e-9)))
    return [round(x, 4) for x in slopes], [round(x, 4) for x in intercepts]


def quantise(weights: Numbers) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return `weights` in 8 bits, and the factor of each output that gives them back."""
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    return np.round(weights / scales).astype(np.int8), scales.astype(np.float32)


def micro_f1(labels: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> float:
    """Return the micro-average of F1 over codes."""
    total = labels.sum() + found.sum()
    return float(2 * (labels & found).sum() / total) if total else 1.0


def summary(
    examples: Sequence[Example], scores: Numbers, labels: npt.NDArray[np.bool_], chances: Numbers
) -> dict[str, Any]:
    """Return the figures of the cross-validation."""
    codes = slice(0, len(CODES))
    truth, given = labels[:, codes], scores[:, codes]
    best = max(np.quantile(given, np.linspace(0.9, 0.999, 100)), key=lambda t: micro_f1(truth, given > t))
    langs = np.array([e.lang for e in examples])
    found = given > best
    none = ~truth.any(axis=1)
    status = labels[:, len(CODES) :]
    complaint = ~none & (status.sum(axis=1) <= 1)
    told = np.where(scores[complaint, len(CODES) :].max(axis=1) > 0, scores[complaint, len(CODES) :].argmax(axis=1), -1)
    real = np.where(status[complaint].any(axis=1), status[complaint].argmax(axis=1), -1)
    return {
        "examples": {lang: int((langs == lang).sum()) for lang in LANGUAGES},
        "folds": FOLDS,
        "best_score": round(float(best), 3),
        "f1": {lang: round(micro_f1(truth[langs == lang], found[langs == lang]), 3) for lang in LANGUAGES}
        | {"all": round(micro_f1(truth, found), 3)},
        "false_alarms": round(float(found[none].any(axis=1).mean()), 3) if none.any() else 0.0,
        "status_right": round(float((told == real).mean()), 3) if complaint.any() else 0.0,
        "brier": round(float(np.mean((chances[:, codes] - truth) ** 2)), 4),
        "by_code": {
            code: round(micro_f1(truth[:, [i]], found[:, [i]]), 3) for i, code in enumerate(CODES)
        },
    }  # fmt: skip


def card_table(figures: dict[str, Any]) -> str:
    """Return the figures as the card shows them."""
    total = sum(figures["examples"].values())
    lines = [
        f"Version {figures['version']}, {figures['features']} features, cross-validated in {figures['folds']} parts:",
        "",
        "| language | sentences | micro-F1 of codes |",
        "|---|---|---|",
        *(f"| {lang} | {figures['examples'].get(lang, total)} | {value} |" for lang, value in figures["f1"].items()),
        "",
        f"At the best score for F1, {figures['false_alarms']:.1%} of the sentences without a complaint get one. "
        f"The status is right in {figures['status_right']:.1%} of those with a complaint. "
        f"Brier score of the chances: {figures['brier']}.",
        "",
        "| code | F1 | code | F1 |",
        "|---|---|---|---|",
    ]
    codes = [f"| {code} | {value} " for code, value in figures["by_code"].items()]
    half = len(codes) // 2
    lines += [f"{left}{right}|" for left, right in zip(codes[:half], codes[half:], strict=True)]
    return "\n".join(lines) + "\n"


def train(training: Path, rules: Path, out: Path) -> dict[str, Any]:
    """Train on the sentences of `training`, seen through the word classes of `rules`.

    Writes weights and scores into `out`, and the table into the card there, if there is one.
    """
    knowledge, names = load_knowledge(rules), class_names(rules)
    examples = read_examples(training)
    features = example_features(examples, knowledge, names)
    labels = label_matrix(examples)
    scores = cross_validate(examples, features, labels)
    slopes, intercepts = calibrate(scores, labels)
    chances = 1 / (1 + np.exp(-(scores * np.array(slopes) + np.array(intercepts))))
    space = make_space(features)
    weights, bias = fit(matrix_of(features, space), labels)
    small, scales = quantise(weights)
    arrays: dict[str, npt.NDArray[Any]] = {
        "keys": space.keys,
        "rarity": space.rarity,
        "weights": small,
        "scales": scales,
        "bias": bias.astype(np.float32),
    }
    header = {"outputs": OUTPUTS, "classes": names, "slopes": slopes, "intercepts": intercepts}
    out.mkdir(parents=True, exist_ok=True)
    version = write_model(out, header, arrays)
    figures = {"version": version, "features": len(space.keys), **summary(examples, scores, labels, chances)}
    (out / SCORES).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    card = out / CARD
    if card.exists():
        text = TABLE.sub(lambda _: card_table(figures), card.read_text(encoding="utf-8"))
        card.write_text(text, encoding="utf-8")
    return figures


def main(
    training: Annotated[Path | None, typer.Option(help="Folder of <lang>.tsv.")] = None,
    rules: Annotated[Path | None, typer.Option(help="Folder of the complaint rules.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder that weights and scores are written into.")] = None,
) -> None:
    """Train the second tier and print its cross-validated scores."""
    figures = train(
        training or bundled("configs", "training"),
        rules or bundled("configs", "complaints"),
        out or bundled("configs", "model"),
    )
    typer.echo(json.dumps(figures, indent=1))


if __name__ == "__main__":
    typer.run(main)
