"""Training of the second tier, and what its card says."""

import json
from collections import Counter
from pathlib import Path

import pytest

from pipeline.resources import bundled
from pipeline.train import CARD, SCORES, card_table, train
from pipeline.train_judge import digests
from pipeline.train_model import OUTPUTS, VOICES, class_names, label_matrix
from pipeline.training_texts import Example, read_training
from transforms.complaints.codes import CODES
from transforms.second_tier.model import SUBJECT, WEIGHTS, read_model

TRAINING = bundled("configs", "training")
MODEL = bundled("configs", "model")
RULES = bundled("configs", "complaints")
REGISTRY = bundled("configs", "actors.yaml")
STORIES = 40  # texts of a language in the small set
MAX_LOST = 0.05  # share of its word classes that the model can do without
EACH = 30  # sentences of each code and language at least


def write_subset(folder: Path) -> Path:
    """Write a small part of the training texts: every 25th sentence, and the first stories."""
    folder.mkdir()
    for lang in ("en", "ru", "uk"):
        lines = (TRAINING / f"{lang}.tsv").read_text(encoding="utf-8").splitlines()[1:]
        (folder / f"{lang}.tsv").write_text("\n".join(lines[::25]) + "\n", encoding="utf-8")
        stories = (TRAINING / f"{lang}-stories-b.tsv").read_text(encoding="utf-8").split("\n#")[:STORIES]
        (folder / f"{lang}-stories-b.tsv").write_text("\n#".join(stories) + "\n", encoding="utf-8")
    return folder


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    subset = write_subset(tmp_path / "training")
    train(subset, RULES, REGISTRY, tmp_path / "one")
    train(subset, RULES, REGISTRY, tmp_path / "two")
    for name in (WEIGHTS, SCORES):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_small_training_set_gives_a_model_that_works(tmp_path: Path) -> None:
    figures = train(write_subset(tmp_path / "training"), RULES, REGISTRY, tmp_path / "out")
    model, _ = read_model(tmp_path / "out")
    assert figures["version"] == model.version
    assert len(model.keys) == figures["features"]
    assert 0 < figures["f1"]["all"] < 1
    assert figures["articles"] > STORIES
    assert 0 < figures["judge"]["all"]["f1"] < 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("SUP.FOOD:a no tab", "no sentence"),
        ("SUP.FOOD:a\t  ", "no sentence"),
        ("SUP.FOOT:a\tThey are hungry.", "unknown label SUP.FOOT:a"),
        ("SUP.FOOD:x\tThey are hungry.", "unknown label SUP.FOOD:x"),
        ("SUP.FOOD\tThey are hungry.", "unknown label SUP.FOOD"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "en.tsv").write_text(f"# comment\n-\tFine.\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"en\.tsv:3: {message}"):
        read_training(tmp_path)


def test_sentences_of_a_text_get_the_labels_of_the_evidence_in_them(tmp_path: Path) -> None:
    text = {
        "title": "No answer from the ministry",
        "text": "It rained. We eat once a day, and nobody is paid. Nobody denies it.",
        "complaints": [
            {"code": "AUT.IGNORED", "status": "asserted", "evidence": "No answer"},
            {"code": "SUP.FOOD", "status": "asserted", "evidence": "eat once a day"},
            {"code": "PAY.WAGES", "status": "denied", "evidence": "nobody is paid. Nobody"},
        ],
    }
    (tmp_path / "texts-en.jsonl").write_text(json.dumps(text) + "\n", encoding="utf-8")
    assert [(e.text, dict(e.labels)) for e in read_training(tmp_path).examples] == [
        ("No answer from the ministry", {"AUT.IGNORED": "a"}),
        ("It rained.", {}),
        ("We eat once a day, and nobody is paid.", {"SUP.FOOD": "a", "PAY.WAGES": "d"}),
        ("Nobody denies it.", {"PAY.WAGES": "d"}),
    ]


def test_a_story_is_an_article_whose_labels_lie_where_its_sentences_do(tmp_path: Path) -> None:
    (tmp_path / "en-stories-x.tsv").write_text(
        "# 1\nAUT.IGNORED:a\tNo answer again\n-\tIt rained.\nSUP.FOOD:d SUP.EQUIP:a\tThey had boots of card.\n"
        "# 2\n-\tA fair opens\n",
        encoding="utf-8",
    )
    training = read_training(tmp_path)
    story, fair = training.articles
    assert (story.title, story.text) == ("No answer again", "It rained. They had boots of card.")
    assert story.labels_in("title", 0, 5) == {("AUT.IGNORED", "a")}
    assert story.labels_in("text", 0, 10) == set()
    assert story.labels_in("text", 11, 34) == {("SUP.FOOD", "d"), ("SUP.EQUIP", "a")}
    assert (fair.title, fair.text, fair.number) == ("A fair opens", "", 2)
    assert [example.article for example in training.examples] == [1, 1, 1, 2]


def test_a_digest_keeps_the_labels_of_its_parts_and_their_fold(tmp_path: Path) -> None:
    (tmp_path / "en-stories-x.tsv").write_text(
        "# 1\n-\tA fair opens\n-\tIt rained.\n# 2\nAUT.IGNORED:a\tNo answer again\n-\tThey waited.\n", encoding="utf-8"
    )
    articles = read_training(tmp_path).articles
    folds = {1: 0, 2: 0}
    made = digests(articles, folds)
    assert made
    assert len(folds) == len(made) + 2
    for article in made:
        labelled = [p for p in article.passages if p.labels]
        assert [article.text[p.start : p.end] for p in labelled] in ([], ["No answer again"])
        assert len(article.passages) >= 8  # two of each part
    assert any(p.labels for article in made for p in article.passages)


def test_training_without_articles_is_refused(tmp_path: Path) -> None:
    subset = write_subset(tmp_path / "training")
    for path in subset.glob("*-stories-*.tsv"):
        path.unlink()
    with pytest.raises(ValueError, match="no labelled articles"):
        train(subset, RULES, REGISTRY, tmp_path / "out")


@pytest.mark.parametrize("line", ["{", "{}", "[]"])
def test_a_wrong_text_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "texts-uk.jsonl").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"texts-uk\.jsonl:1: "):
        read_training(tmp_path)


def test_labels_become_columns() -> None:
    matrix = label_matrix([Example("en", "x", (("SUP.FOOD", "a"), ("SUP.EQUIP", "d"))), Example("en", "y", ())])
    assert matrix.sum(axis=1).tolist() == [4, 0]  # two codes, that something is denied, and that it is of the subject
    assert matrix[0, CODES.index("SUP.FOOD")]


def test_a_sentence_is_of_the_subject_with_its_whole_article() -> None:
    lack = (("SUP.FOOD", "a"),)
    told = [Example("en", "x", lack, 1), Example("en", "y", (), 1), Example("en", "z", (), 2), Example("en", "w", ())]
    matrix = label_matrix([*told, Example("en", "v", lack)])
    assert matrix[:, OUTPUTS.index(SUBJECT)].tolist() == [True, True, False, False, True]


def test_every_code_has_enough_sentences_in_each_language() -> None:
    counts = Counter((e.lang, code) for e in read_training(TRAINING).examples for code, _ in e.labels)
    assert {
        (lang, code): counts[lang, code] for lang in ("en", "ru", "uk") for code in CODES if counts[lang, code] < EACH
    } == {}


def test_a_sentence_that_comes_twice_counts_once(tmp_path: Path) -> None:
    (tmp_path / "ru.tsv").write_text("-\tТихо.\n-\tТихо.\n", encoding="utf-8")
    assert len(read_training(tmp_path).examples) == 1


def test_scores_are_those_of_the_bundled_weights() -> None:
    figures = json.loads((MODEL / SCORES).read_text(encoding="utf-8"))
    assert figures["version"] == read_model(MODEL)[0].version


def test_the_card_says_what_was_measured() -> None:
    figures = json.loads((MODEL / SCORES).read_text(encoding="utf-8"))
    assert card_table(figures) in (MODEL / CARD).read_text(encoding="utf-8")


def test_words_of_who_speaks_are_no_features() -> None:
    names = class_names(RULES)
    assert "SOLDIER" in names
    assert not [name for name in names if name.startswith(VOICES)]


def test_the_model_knows_the_word_classes_of_the_rules() -> None:
    # A class that was renamed is lost to the model until it is trained again.
    known = read_model(MODEL)[0].classes
    assert len(set(known) - set(class_names(RULES))) <= len(known) * MAX_LOST
