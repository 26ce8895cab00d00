"""The model of the second tier from labelled sentences: features, a linear machine for each code, calibration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.training_texts import STATUSES, Example
from transforms.complaints.codes import CODES, family
from transforms.complaints.loading import LANGUAGES, Knowledge
from transforms.complaints.reading import Reading
from transforms.complaints.rules import WordFile
from transforms.knowledge.yaml_file import YamlFile
from transforms.second_tier.features import BLOCKS, ClassNames, Features, features_of
from transforms.second_tier.model import SUBJECT, Calibration, LinearModel, block_values, count_rows
from transforms.text.words import TextView

VOICES = "V_"  # word classes that tell who speaks, and nothing of what is wrong
SEED = 20240229  # of folds and of the solver
FOLDS = 5
MIN_TEXTS = 2  # training texts that a feature must come in: one that comes once tells nothing of others
COST = 0.3  # of the linear support vector machine; half and double of it changed nothing
ALIKE = 0.45  # cosine of letter groups above which two texts of one language stay in one fold
AT_ONCE = 1_000  # texts compared with all others at once: bounds the memory
STATUS_OUTPUTS = ("status:denied", "status:hypothetical", "status:historical")
OUTPUTS = (*CODES, *STATUS_OUTPUTS, SUBJECT)
SLOPE = 3.0  # of the prior calibration that few examples are drawn to
PRIOR = 8.0  # examples that the family's calibration counts for beside a code's own

Matrix = Any  # a scipy sparse matrix: scipy has no types, and is needed for training only
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Space:
    """Which features there are: sorted keys, and a factor for each that is larger the rarer it is."""

    keys: npt.NDArray[np.uint32]
    rarity: npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Fold:
    """A model that has not seen one part of the examples, nor the like of them, and the numbers of those."""

    space: Space
    weights: Numbers
    bias: Numbers
    unseen: tuple[int, ...]


def class_names(rules: Path) -> list[str]:
    """Return the names of all word classes of the languages in `rules` but those of `VOICES`, sorted."""
    files = (YamlFile(rules / f"{lang}_words.yaml").validate(WordFile) for lang in LANGUAGES)
    return sorted({name for file in files for name in file.classes if not name.startswith(VOICES)})


def class_keys(knowledge: Knowledge, names: Sequence[str]) -> dict[str, ClassNames]:
    """Return the classes `names` as the features of each language have them."""
    return {lang: ClassNames(language.lexicon, names) for lang, language in knowledge.languages.items()}


def example_features(examples: Sequence[Example], knowledge: Knowledge, names: Sequence[str]) -> list[Features]:
    """Return the features of each example."""
    lexicons = {lang: language.lexicon for lang, language in knowledge.languages.items()}
    known = class_keys(knowledge, names)
    return [
        features_of(Reading(TextView(e.text, e.lang), "text", lexicons[e.lang]).sentences, known[e.lang])
        for e in examples
    ]


def label_matrix(examples: Sequence[Example]) -> npt.NDArray[np.bool_]:
    """Return which output (columns, as `OUTPUTS`) holds for which example.

    A sentence is of the subject if it, or another of its article, has a complaint.
    """
    matrix = np.zeros((len(examples), len(OUTPUTS)), bool)
    telling = {example.article for example in examples if example.labels and example.article}
    for row, example in enumerate(examples):
        for code, status in example.labels:
            matrix[row, OUTPUTS.index(code)] = True
            if status != "a":
                matrix[row, OUTPUTS.index("status:" + STATUSES[status])] = True
        matrix[row, OUTPUTS.index(SUBJECT)] = bool(example.labels) or example.article in telling
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


def fit(matrix: Matrix, labels: npt.NDArray[np.bool_], whole: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return weights (features x outputs) and bias.

    Status is learned on sentences with a complaint alone, and the subject on those of articles (`whole`).
    """
    from sklearn.svm import LinearSVC

    complaint = labels[:, : len(CODES)].any(axis=1)
    weights, bias = np.zeros((matrix.shape[1], len(OUTPUTS))), np.full(len(OUTPUTS), -1.0)
    for column, name in enumerate(OUTPUTS):
        rows = complaint if name in STATUS_OUTPUTS else whole if name == SUBJECT else np.ones(len(labels), bool)
        wanted = labels[rows, column]
        if 0 < wanted.sum() < len(wanted):
            machine = LinearSVC(C=COST, random_state=SEED).fit(matrix[rows], wanted)
            weights[:, column], bias[column] = machine.coef_[0], machine.intercept_[0]
    return weights, bias


def _alike(examples: Sequence[Example]) -> Iterator[tuple[int, int]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 4), sublinear_tf=True, dtype=np.float32)
    matrix = vectors.fit_transform([e.text.lower() for e in examples])
    for lang in LANGUAGES:
        mine = np.array([i for i, e in enumerate(examples) if e.lang == lang], int)
        for start in range(0, len(mine), AT_ONCE):
            close = (matrix[mine[start : start + AT_ONCE]] @ matrix[mine].T).tocoo()
            for row, column in zip(close.row[close.data > ALIKE], close.col[close.data > ALIKE], strict=True):
                if start + row < column:
                    yield int(mine[start + row]), int(mine[column])


def fold_numbers(examples: Sequence[Example]) -> npt.NDArray[np.int64]:
    """Return a fold for each example, the same for those of one article and for texts that are nearly the same."""
    root = np.arange(len(examples))

    def find(item: int) -> int:
        while root[item] != item:
            item = root[item]
        return item

    for one, other in _alike(examples):
        root[find(one)] = find(other)
    first: dict[int, int] = {}
    for item, example in enumerate(examples):
        if example.article:
            root[find(item)] = find(first.setdefault(example.article, item))
    groups = [find(item) for item in range(len(examples))]
    dice = np.random.default_rng(SEED).integers(0, FOLDS, len(examples))
    return np.asarray(dice[groups])


def fit_folds(
    folds: npt.NDArray[np.int64],
    features: Sequence[Features],
    labels: npt.NDArray[np.bool_],
    whole: npt.NDArray[np.bool_],
) -> list[Fold]:
    """Return a model for each fold, trained on all others."""
    found = []
    for fold in range(FOLDS):
        seen, unseen = np.flatnonzero(folds != fold).tolist(), np.flatnonzero(folds == fold).tolist()
        space = make_space([features[i] for i in seen])
        fitted = fit(matrix_of([features[i] for i in seen], space), labels[seen], whole[seen])
        found.append(Fold(space, *fitted, tuple(unseen)))
    return found


def cross_validate(folds: Sequence[Fold], features: Sequence[Features]) -> Numbers:
    """Return the scores that each example gets from the model that has not seen it nor the like of it."""
    scores = np.zeros((len(features), len(OUTPUTS)))
    for fold in folds:
        if fold.unseen:
            matrix = matrix_of([features[i] for i in fold.unseen], fold.space)
            scores[list(fold.unseen)] = matrix @ fold.weights + fold.bias
    return scores


def calibrate(scores: Numbers, labels: npt.NDArray[np.bool_]) -> tuple[list[float], list[float]]:
    """Return slopes and intercepts by output: one slope for all, an intercept by code drawn to its family's."""
    from sklearn.linear_model import LogisticRegression

    complaint = labels[:, : len(CODES)].any(axis=1)
    slopes, intercepts = [SLOPE] * len(OUTPUTS), [0.0] * len(OUTPUTS)
    codes = np.arange(len(CODES))
    statuses = np.array([OUTPUTS.index(name) for name in STATUS_OUTPUTS])
    for columns, rows in ((codes, np.ones(len(labels), bool)), (statuses, complaint)):
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


def linear_model(
    space: Space, weights: Numbers, bias: Numbers, calibration: Calibration, names: Sequence[str]
) -> LinearModel:
    """Return the model of `weights`, as it is used."""
    small, scales = quantise(weights)
    return LinearModel(
        outputs=OUTPUTS,
        classes=tuple(names),
        calibration=calibration,
        keys=space.keys,
        rarity=space.rarity,
        weights=small,
        scales=scales,
        bias=bias.astype(np.float32),
        version="",
    )
