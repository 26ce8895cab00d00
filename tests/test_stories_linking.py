"""Stories: true copies are found, others are not, and the outcome is the same whatever the order and number of runs."""

import os
import random
import resource
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from dataset_rows import NOW, article, rows
from story_set import Told, stories

from transforms.dataset.commit import begin_run, next_run_id, publish
from transforms.dataset.journal import Fenced
from transforms.dataset.layout import Layout
from transforms.dataset.link_run import LinkSettings, link_stories
from transforms.dataset.lock import hold_dataset
from transforms.dataset.recovery import roll_forward
from transforms.stories.candidates import SharedBands, SignedTexts, alike
from transforms.stories.linking import Copy, Membership, link
from transforms.stories.signatures import PERMUTATIONS, shingles_of, sign
from transforms.tables.records import Article
from transforms.tables.shard_writer import ShardWriter

PROVE = bool(os.environ.get("PICKET_PROVE"))
MANY = 100_000 if PROVE else 3_000
GOLDEN_DIGEST = [51324, 36859, 31873, 45861, 4298, 7880]
STORIES = 1_000 if PROVE else 150


def told_article(number: int, told: Told, hours: float = 0.0) -> Article:
    """Return the article that tells `told`, published `hours` after the first."""
    at = NOW + timedelta(hours=hours)
    return article(number, text=told.text, at=at, title=told.title, source_id=f"paper{number % 7}", published_at=at)


def linked_run(out: Path, articles: Sequence[Article], settings: LinkSettings | None = None) -> None:
    """Do a run that brings `articles` and links them."""
    with hold_dataset(out):
        roll_forward(out)
        run_id = next_run_id(out, NOW)
        begin_run(out, run_id, NOW)
        writer = ShardWriter(Layout(out).run_staging(run_id), run_id, "s0", {})
        for one in articles:
            writer.add("articles", replace(one, run_id=run_id))
        staged = writer.close()
        publish(out, run_id, [*staged, *link_stories(out, run_id, staged, NOW, settings)])


def outcome(out: Path) -> dict[str, tuple[str, float, bool]]:
    """Return article id → story, similarity, head, as the last rows tell."""
    last: dict[str, tuple[str, str, float, bool]] = {}
    for path in sorted((Layout(out).tables / "stories").rglob("*.parquet")):
        for row in rows_of(path):
            if row["article_id"] not in last or row["run_id"] > last[row["article_id"]][0]:
                last[row["article_id"]] = (row["run_id"], row["story_id"], row["similarity"], row["is_head"])
    return {article_id: found[1:] for article_id, found in last.items()}


def rows_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.ParquetFile(path).read().to_pylist()
    return found


def test_precision_and_recall(capsys: pytest.CaptureFixture[str]) -> None:
    told = list(stories(STORIES, seed=2))
    texts = signed(told)
    ids = [f"{number:024x}" for number in range(len(told))]
    pairs = [(ids[one.first], ids[one.second], one.similarity) for one in alike(texts, 3)]
    found = {one.copy.article_id: one.story_id for one in link([Copy(name, "s", 0) for name in ids], pairs, [])}
    groups = [found.get(name, name) for name in ids]
    right = wrong = missed = 0
    for first in range(len(told)):
        for second in range(first + 1, len(told)):
            together, truly = groups[first] == groups[second], told[first].story == told[second].story
            right += together and truly
            wrong += together and not truly
            missed += truly and not together
    precision, recall = right / (right + wrong), right / (right + missed)
    if PROVE:
        with capsys.disabled():
            print(f"\n{len(told)} texts: precision {precision:.4f}, recall {recall:.4f}")
    assert precision >= 0.98
    assert recall >= 0.92


def signed(told: Sequence[Told]) -> SignedTexts:
    signatures = sign([(one.title, one.text) for one in told])
    return SignedTexts(
        np.stack([one.digest for one in signatures]),
        np.array([one.size for one in signatures], dtype=np.int64),
        np.zeros(len(told), dtype=np.int64),
        np.ones(len(told), dtype=np.bool_),
    )


def test_signatures_do_not_change() -> None:
    # Signatures of earlier runs are compared with those of later releases of the library.
    (signature,) = sign([("", "Матери призывников пожаловались на снабжение в учебной части под городом")])
    assert signature.size == 9
    assert signature.digest[:6].tolist() == GOLDEN_DIGEST


def test_titles_count_only_where_texts_are_short() -> None:
    long = "one two three four five six seven eight nine ten"
    assert shingles_of("A title", long) == shingles_of("Another", long)
    assert shingles_of("A title", "one two") == {"a title", "title one", "one two"}
    assert shingles_of("", "see https://t.me/channel and @name or www.paper.example/x") == {"see and", "and or"}
    assert shingles_of("", "") == frozenset()


def test_texts_without_words_are_like_nothing() -> None:
    told = [Told(0, "", "", ""), Told(1, "", "", "!!!"), Told(2, "", "", "")]
    assert list(alike(signed(told), 3)) == []


def test_pairs_within_the_window_only() -> None:
    texts = replace(signed([next(stories(1))] * 5), days=np.array([0, 2, 4, 9, 9], dtype=np.int64))
    assert {(one.first, one.second) for one in alike(texts, 3)} == {(0, 1), (1, 2), (3, 4)}
    nothing_new = replace(texts, fresh=np.zeros(5, dtype=np.bool_))
    assert list(alike(nothing_new, 3)) == []
    one_new = replace(texts, fresh=np.array([True, False, False, False, False]))
    assert {(one.first, one.second) for one in alike(one_new, 3)} == {(0, 1)}


def test_many_identical_texts_stay_together_and_cheap() -> None:
    told = [Told(0, "", "", "word " + " ".join(f"w{i}" for i in range(60)))] * 5_000
    began = time.perf_counter()
    pairs = list(alike(signed(told), 3))
    assert len(pairs) < 5_000 * 17
    joined = link(
        [Copy(f"{n:024x}", "s", 0) for n in range(5_000)],
        [(f"{p.first:024x}", f"{p.second:024x}", p.similarity) for p in pairs],
        [],
    )
    assert {one.story_id for one in joined} == {"0" * 24}
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize("seed", range(10 if PROVE else 2))
def test_the_same_whatever_the_order_and_the_number_of_runs(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a repeatable test
    told = list(stories(12, seed=3))
    articles = [told_article(number, one, rng.uniform(0, 50)) for number, one in enumerate(told)]
    # An edited revision joins two stories: it is a copy of another story's text.
    edited = article(0, 1, told[5].text, NOW + timedelta(hours=60), title="Edited", source_id="paper0")
    linked_run(tmp_path / "once", [*articles, edited])
    expected = outcome(tmp_path / "once")
    assert expected[articles[0].article_id][0] == expected[articles[5].article_id][0]
    for number in (2, 5):
        out = tmp_path / f"runs{number}"
        shuffled = list(articles)
        rng.shuffle(shuffled)
        shares = [shuffled[start::number] for start in range(number)]
        place = next(i for i, share in enumerate(shares) if articles[0] in share)
        shares[place].append(edited)
        for share in shares:
            linked_run(out, share)
        assert outcome(out) == expected
        (Layout(out).state_file).unlink()  # signatures and stories come back from the tables
        late = told_article(900, told[0], 1.0)
        linked_run(out, [late])
        assert outcome(out)[late.article_id][0] == expected[articles[0].article_id][0]


def test_a_later_copy_joins_two_stories_with_rows_added_only(tmp_path: Path) -> None:
    one, two = (next(stories(1, seed=seed)) for seed in (4, 5))
    linked_run(
        tmp_path, [told_article(1, one), told_article(2, one, 1), told_article(3, two, 2), told_article(4, two, 3)]
    )
    before = rows(tmp_path, "stories")
    assert len(before) == 4
    assert len({row["story_id"] for row in before}) == 2
    joining = told_article(5, Told(0, "", "both", f"{one.text} {two.text}"), -1)
    linked_run(tmp_path, [joining])
    after = rows(tmp_path, "stories")
    assert all(row in after for row in before)
    last = outcome(tmp_path)
    assert len(last) == 5
    assert {found[0] for found in last.values()} == {min(article(n).article_id for n in range(1, 6))}
    heads = [article_id for article_id, found in last.items() if found[2]]
    assert heads == [joining.article_id]  # it was published first


def test_articles_wait_for_copies_as_long_as_configured(tmp_path: Path) -> None:
    told = next(stories(1))
    for out, kept in ((tmp_path / "long", 30), (tmp_path / "short", 0)):
        settings = LinkSettings(kept_days=kept)
        earlier = told_article(1, told)
        linked_run(out, [replace(earlier, collected_at=NOW - timedelta(days=2))], settings)
        linked_run(out, [told_article(2, told, 1)], settings)
        assert len(rows(out, "stories")) == (2 if kept else 0)


def test_an_orphan_does_not_touch_the_index(tmp_path: Path) -> None:
    linked_run(tmp_path, [told_article(1, next(stories(1)))])
    with pytest.raises(Fenced):
        link_stories(tmp_path, "00000000T000000Z", [], NOW)


def test_nothing_new_makes_no_file(tmp_path: Path) -> None:
    linked_run(tmp_path, [])
    linked_run(tmp_path, [told_article(1, next(stories(1)))])
    assert rows(tmp_path, "stories") == []


def test_unchanged_memberships_are_not_told_again() -> None:
    one, two, three = (Copy(f"{n:024x}", "s", n) for n in range(3))
    first = link([one, two], [(one.article_id, two.article_id, 0.5)], [])
    assert [(each.story_id, each.similarity, each.is_head) for each in first] == [
        (one.article_id, 0.5, True),
        (one.article_id, 0.5, False),
    ]
    assert link([one, two], [(one.article_id, two.article_id, 0.4)], first) == []
    second = link([two, three], [(two.article_id, three.article_id, 0.7)], first)
    assert [each.copy.article_id for each in second] == [two.article_id, three.article_id]
    assert isinstance(second[0], Membership)
    assert PERMUTATIONS == 128


def test_many_articles_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = stories(MANY // 5, seed=6)
    articles = (told_article(number, one, number % 40) for number, one in enumerate(told))
    with hold_dataset(tmp_path):
        roll_forward(tmp_path)
        run_id = next_run_id(tmp_path, NOW)
        begin_run(tmp_path, run_id, NOW)
        writer = ShardWriter(Layout(tmp_path).run_staging(run_id), run_id, "s0", {})
        for one in articles:
            writer.add("articles", replace(one, run_id=run_id))
        staged = writer.close()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        files = link_stories(tmp_path, run_id, staged, NOW)
        seconds = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    if PROVE:
        with capsys.disabled():
            print(f"\n{MANY} articles linked in {seconds:.1f} s, {grown} MB more, {files[0].rows} rows")
    assert files[0].rows > MANY * 0.9
    assert seconds < 120


def test_what_shares_no_band_may_be_left_out() -> None:
    dice = np.random.default_rng(5)
    digests = dice.integers(0, 2**16, (400, PERMUTATIONS)).astype(np.uint16)
    for place in range(100, 400):  # a fourth of what each of these holds is that of an earlier one
        same = dice.random(PERMUTATIONS) < dice.choice([0.02, 0.2, 0.5])
        digests[place, same] = digests[dice.integers(0, 100), same]
    fresh = np.arange(400) >= 350
    shared = SharedBands(digests[fresh]).of(digests)
    assert shared[fresh].all()
    assert 10 < shared[~fresh].sum() < 200
    sizes, days = np.full(400, 200), np.zeros(400, dtype=np.int64)
    every = [(one.first, one.second) for one in alike(SignedTexts(digests, sizes, days, fresh), 3)]
    places = np.flatnonzero(shared)
    some = SignedTexts(digests[shared], sizes[shared], days[shared], fresh[shared])
    assert [(places[one.first], places[one.second]) for one in alike(some, 3)] == every
    assert len(every) > 10
