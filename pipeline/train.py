"""Training of the second tier: from the texts under `configs/training/` to the weights under `configs/model/`."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer

from pipeline.resources import bundled
from pipeline.train_judge import Surroundings, train_judge
from pipeline.train_model import (
    FOLDS,
    STATUS_OUTPUTS,
    Numbers,
    calibrate,
    class_names,
    cross_validate,
    example_features,
    fit,
    fit_folds,
    fold_numbers,
    label_matrix,
    linear_model,
    make_space,
    matrix_of,
)
from pipeline.training_texts import Example, read_training
from transforms.complaints.codes import CODES
from transforms.complaints.loading import LANGUAGES, load_knowledge
from transforms.second_tier.model import Calibration, write_model

SCORES = "scores.json"
CARD = "card.md"
TABLE = re.compile(r"(?<=<!-- scores -->\n).*?(?=<!-- end of scores -->)", re.DOTALL)


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
    statuses = slice(len(CODES), len(CODES) + len(STATUS_OUTPUTS))
    status = labels[:, statuses]
    complaint = ~none & (status.sum(axis=1) <= 1)
    given_status = scores[complaint, statuses]
    told = np.where(given_status.max(axis=1) > 0, given_status.argmax(axis=1), -1)
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


def train(training: Path, rules: Path, registry: Path, out: Path) -> dict[str, Any]:
    """Train on the texts of `training`, seen through word classes and rules of `rules` and actors of `registry`.

    Writes weights and scores into `out`, and the table into the card there, if there is one.
    """
    knowledge, names = load_knowledge(rules), class_names(rules)
    texts = read_training(training)
    features = example_features(texts.examples, knowledge, names)
    labels = label_matrix(texts.examples)
    whole = np.array([example.article > 0 for example in texts.examples])
    numbers = fold_numbers(texts.examples)
    folds = fit_folds(numbers, features, labels, whole)
    scores = cross_validate(folds, features)
    calibration = Calibration(*(tuple(side) for side in calibrate(scores, labels)))
    judge, judgement = train_judge(texts, folds, calibration, Surroundings.load(knowledge, names, registry))
    space = make_space(features)
    model = linear_model(space, *fit(matrix_of(features, space), labels, whole), calibration, names)
    out.mkdir(parents=True, exist_ok=True)
    version = write_model(out, model, judge)
    chances = 1 / (1 + np.exp(-(scores * np.array(calibration.slopes) + np.array(calibration.intercepts))))
    figures = {
        "version": version,
        "features": len(space.keys),
        **summary(texts.examples, scores, labels, chances),
        **judgement,
    }
    (out / SCORES).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    card = out / CARD
    if card.exists():
        text = TABLE.sub(lambda _: card_table(figures), card.read_text(encoding="utf-8"))
        card.write_text(text, encoding="utf-8")
    return figures


def main(
    training: Annotated[Path | None, typer.Option(help="Folder of <lang>.tsv.")] = None,
    rules: Annotated[Path | None, typer.Option(help="Folder of the complaint rules.")] = None,
    registry: Annotated[Path | None, typer.Option(help="The actor registry.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder that weights and scores are written into.")] = None,
) -> None:
    """Train the second tier and print its cross-validated scores."""
    figures = train(
        training or bundled("configs", "training"),
        rules or bundled("configs", "complaints"),
        registry or bundled("configs", "actors.yaml"),
        out or bundled("configs", "model"),
    )
    typer.echo(json.dumps(figures, indent=1))


if __name__ == "__main__":
    typer.run(main)
