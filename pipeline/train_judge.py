"""Training of the judge: how far model and rules are to be trusted in an article, learned from labelled articles."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.train_model import Fold, class_keys, linear_model
from pipeline.training_texts import Article, Passage, TrainingTexts
from transforms.actors.matcher import ActorMatcher
from transforms.actors.registry import load_registry
from transforms.complaints.codes import CODES
from transforms.complaints.finder import ComplaintFinder
from transforms.complaints.loading import LANGUAGES, Knowledge
from transforms.second_tier.features import ClassNames
from transforms.second_tier.finder import score_sentences
from transforms.second_tier.judge import FEATURES, RISING, Candidates, Floats, Judge, candidates_of
from transforms.second_tier.model import JUDGE_ARRAYS, Calibration, LinearModel
from transforms.text.words import TextView

TREES = 150
DEPTH = 5
JUDGES = 5  # ensembles of trees that are averaged: one alone changes by a point or two of F1 with its chance
SHARE = 0.4  # of the figures that a split may ask, so that the ensembles differ
LEAVES = 12
RATE = 0.06
SMOOTH = 5.0  # L2 of the leaves
# Long articles in which a word of service stands by the way are common in feeds, and nobody writes them as training
# texts: they are put together from short ones.
DIGESTS = 60  # for each language and fold
PARTS = (4, 14)  # texts of one digest, from and below
MIXED = 0.35  # share of the digests that have one text with a complaint
SEED = 20240229
_KINDS = (np.int8, np.float32, np.int16, np.int16, np.float32)  # as `JUDGE_ARRAYS`


@dataclass(frozen=True, slots=True)
class Weighed:
    """The candidates of one article, and which of them its labels bear out."""

    candidates: Candidates
    right: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What speaks beside the model: actors and rules; and the word classes that the model sees."""

    classes: tuple[str, ...]
    keys: dict[str, ClassNames]
    matcher: ActorMatcher
    finder: ComplaintFinder

    @classmethod
    def load(cls, knowledge: Knowledge, classes: Sequence[str], registry: Path) -> "Surroundings":
        """Read the actors of `registry`. Raises InvalidFile."""
        matcher = ActorMatcher(load_registry(registry))
        return cls(tuple(classes), class_keys(knowledge, classes), matcher, ComplaintFinder(knowledge))


def weigh(article: Article, model: LinearModel, around: Surroundings) -> Weighed:
    """Return what the judge sees of `article` by `model`, which was not trained on it."""
    title, text = TextView(article.title, article.lang), TextView(article.text, article.lang)
    actors = around.matcher.find(title, text)
    fields = around.finder.read(title, text, actors)
    scored = score_sentences(model, around.keys, fields, around.finder.findings(fields).complaints)
    candidates = candidates_of([item.clues() for item in scored], bool(actors))
    labels = [
        {code for code, _ in article.labels_in(s.sentence.field, s.sentence.start, s.sentence.end)} for s in scored
    ]
    pairs = zip(candidates.sentences, candidates.codes, strict=True)
    return Weighed(candidates, np.array([CODES[code] in labels[number] for number, code in pairs], bool))


def train_judge(
    texts: TrainingTexts, folds: Sequence[Fold], calibration: Calibration, around: Surroundings
) -> tuple[Judge, dict[str, Any]]:
    """Return the judge, and how it did on articles of which it had seen nothing.

    Each article is weighed by the model of the fold that has not seen it.
    """
    fold_of = {texts.examples[i].article: number for number, fold in enumerate(folds) for i in fold.unseen}
    models = [linear_model(fold.space, fold.weights, fold.bias, calibration, around.classes) for fold in folds]
    articles = [article for article in texts.articles if article.number in fold_of]
    articles += digests(articles, fold_of)
    weighed = [weigh(article, models[fold_of[article.number]], around) for article in articles]
    judge = fit_judge(weighed)
    chances = [np.zeros(0, np.float32)] * len(weighed)
    for fold in range(len(folds)):
        others = [w for w, article in zip(weighed, articles, strict=True) if fold_of[article.number] != fold]
        if any(w.right.any() for w in others):
            apart = fit_judge(others)
            for i, article in enumerate(articles):
                if fold_of[article.number] == fold:
                    chances[i] = apart.chances(weighed[i].candidates.rows)
    return judge, {"articles": len(articles), "judge": judgement(articles, weighed, chances)}


def digests(articles: Sequence[Article], fold_of: dict[int, int]) -> list[Article]:
    """Return long articles made of `articles` of one language and fold, and enter their numbers into `fold_of`."""
    dice = random.Random(SEED)  # noqa: S311 - a choice of texts, not of secrets
    made: list[Article] = []
    number = max(fold_of, default=0)
    for lang in LANGUAGES:
        for fold in sorted(set(fold_of.values())):
            mine = [a for a in articles if a.lang == lang and fold_of[a.number] == fold]
            plain = [a for a in mine if not any(p.labels for p in a.passages)]
            telling = [a for a in mine if any(p.labels for p in a.passages)]
            for _ in range(DIGESTS if plain and telling else 0):
                parts = dice.choices(plain, k=dice.randrange(*PARTS))
                if dice.random() < MIXED:
                    parts.insert(dice.randrange(len(parts) + 1), dice.choice(telling))
                number += 1
                fold_of[number] = fold
                made.append(_joined(number, parts))
    return made


def _joined(number: int, parts: Sequence[Article]) -> Article:
    text = ""
    passages: list[Passage] = []
    for part in parts:
        for field, raw in (("title", part.title), ("text", part.text)):
            start = len(text)
            passages += [
                Passage("text", start + p.start, start + p.end, p.labels) for p in part.passages if p.field == field
            ]
            text += raw.rstrip(".") + ". " if field == "title" else raw + "\n\n"
    return Article(number, parts[0].lang, "", text, tuple(passages))


def judgement(
    articles: Sequence[Article], weighed: Sequence[Weighed], chances: Sequence[Floats]
) -> dict[str, dict[str, float]]:
    """Return precision, recall and F1 of the codes of articles, by language, at the best threshold of all."""
    wanted = [{code for passage in a.passages for code, _ in passage.labels} for a in articles]

    def counts(threshold: float, lang: str | None = None) -> tuple[int, int, int]:
        right = found = expected = 0
        for article, item, given, codes in zip(articles, weighed, chances, wanted, strict=True):
            if lang in (None, article.lang):
                got = {CODES[code] for code in item.candidates.codes[: len(given)][given >= threshold]}
                right, found, expected = right + len(got & codes), found + len(got), expected + len(codes)
        return right, found, expected

    best = max(np.arange(0.1, 0.7, 0.05), key=lambda t: _f1(*counts(t)))
    return {
        lang or "all": {
            "threshold": round(float(best), 2),
            "precision": round(right / max(1, found), 3),
            "recall": round(right / max(1, expected), 3),
            "f1": round(_f1(right, found, expected), 3),
        }
        for lang in (*LANGUAGES, None)
        for right, found, expected in [counts(best, lang)]
    }


def _f1(right: int, found: int, expected: int) -> float:
    return 2 * right / max(1, found + expected)


def fit_judge(articles: Sequence[Weighed]) -> Judge:
    """Return trees that tell right candidates from wrong ones. Raises ValueError where there is nothing to tell."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = np.concatenate(
        [article.candidates.rows for article in articles] or [np.zeros((0, len(FEATURES)), np.float32)]
    )
    right = np.concatenate([article.right for article in articles] or [np.zeros(0, bool)])
    if not 0 < right.sum() < len(right):
        raise ValueError("no labelled articles to train the judge on: <lang>-stories-*.tsv or texts-<lang>.jsonl")
    machines = [
        HistGradientBoostingClassifier(
            max_iter=TREES,
            max_depth=DEPTH,
            max_leaf_nodes=LEAVES,
            learning_rate=RATE,
            l2_regularization=SMOOTH,
            early_stopping=False,
            monotonic_cst=[int(name in RISING) for name in FEATURES],
            max_features=SHARE,
            random_state=SEED + number,
        ).fit(rows, right)
        for number in range(JUDGES)
    ]
    return _trees(machines)


def _trees(machines: Sequence[Any]) -> Judge:
    # scikit-learn has no public way to these trees; the classic ensemble that has one takes minutes, not seconds.
    trees = [predictors[0].nodes for machine in machines for predictors in machine._predictors]
    size = max(len(nodes) for nodes in trees)
    arrays = {name: np.zeros((len(trees), size), kind) for name, kind in zip(JUDGE_ARRAYS, _KINDS, strict=True)}
    for row, nodes in enumerate(trees):
        leaf, place = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
        columns = {
            "feature": np.where(leaf, 0, nodes["feature_idx"]),
            "bound": np.where(leaf, 0, nodes["num_threshold"]),
            "below": np.where(leaf, place, nodes["left"]),
            "above": np.where(leaf, place, nodes["right"]),
            "value": np.where(leaf, nodes["value"], 0) / len(machines),
        }
        for name, column in columns.items():
            arrays[name][row, : len(nodes)] = column
    base = float(np.mean([np.ravel(machine._baseline_prediction)[0] for machine in machines]))
    return Judge(base, DEPTH, **arrays)
