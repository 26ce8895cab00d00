"""Weights on disk and scores of sentences."""

import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.resources import bundled
from transforms.complaints.codes import CODES
from transforms.second_tier.features import BLOCKS, Features
from transforms.second_tier.judge import FEATURES, Judge
from transforms.second_tier.model import (
    WEIGHTS,
    Calibration,
    InvalidModel,
    LinearModel,
    count_rows,
    read_model,
    write_model,
)

KEYS = np.array([3, 7, 20, 4_000_000_000], np.uint32)
OUTPUTS = ("SUP.FOOD", "FATE.MISSING")
CLASS = dict(BLOCKS)["class"]
MAX_WEIGHTS = 10_000_000  # bytes, in the repository


def write_small(folder: Path) -> str:
    model = LinearModel(
        outputs=OUTPUTS,
        classes=("SOLDIER",),
        calibration=Calibration((2.0, 2.0), (0.5, 0.0)),
        keys=KEYS,
        rarity=np.array([1, 2, 1.5, 3], np.float16),
        weights=np.array([[127, 0], [0, -127], [10, 20], [-5, 5]], np.int8),
        scales=np.array([0.01, 0.02], np.float32),
        bias=np.array([-1, -0.5], np.float32),
        version="",
    )
    return write_model(folder, model, small_judge())


def small_judge() -> Judge:
    """Two trees: one asks the first feature, the other is a leaf alone."""
    return Judge(
        base=-1.0,
        depth=1,
        feature=np.array([[0, 0, 0], [0, 0, 0]], np.int8),
        bound=np.array([[0.5, 0, 0], [0, 0, 0]], np.float32),
        below=np.array([[1, 1, 2], [0, 0, 0]], np.int16),
        above=np.array([[2, 1, 2], [0, 0, 0]], np.int16),
        value=np.array([[0, -2, 3], [0.25, 0, 0]], np.float32),
    )


def sentence(*keys: int, block: int = 0) -> Features:
    blocks = [np.zeros(0, np.uint32) for _ in BLOCKS]
    blocks[block] = np.array(keys, np.uint32)
    return Features(tuple(blocks))


@pytest.fixture
def model(tmp_path: Path) -> LinearModel:
    write_small(tmp_path)
    return read_model(tmp_path)[0]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    version = write_small(tmp_path)
    model, judge = read_model(tmp_path)
    assert model.version == version
    assert model.outputs == OUTPUTS
    assert model.keys.tolist() == KEYS.tolist()
    assert model.weights.tolist() == [[127, 0], [0, -127], [10, 20], [-5, 5]]
    assert (judge.base, judge.depth) == (-1.0, 1)
    assert judge.value.tolist() == small_judge().value.tolist()
    assert judge.below.tolist() == small_judge().below.tolist()


def test_the_version_tells_weights_apart(tmp_path: Path) -> None:
    first = write_small(tmp_path)
    content = zlib.decompress((tmp_path / WEIGHTS).read_bytes())
    (tmp_path / WEIGHTS).write_bytes(zlib.compress(content[:-1] + bytes([content[-1] ^ 1])))
    assert read_model(tmp_path)[0].version != first


def test_one_feature_scores_its_weight(model: LinearModel) -> None:
    assert model.scores([sentence(3)])[0].tolist() == pytest.approx([-1 + CLASS * 1.27, -0.5])


def test_a_long_block_speaks_less_loudly_but_not_in_proportion(model: LinearModel) -> None:
    short, long = (model.scores([sentence(3, *more)])[0][0] + 1 for more in ((), (7,)))
    assert short / 5**0.5 < long < short  # beside a feature of rarity 2 the block is √5 times as long


def test_a_block_is_scaled_to_its_weight(model: LinearModel) -> None:
    words = [name for name, _ in BLOCKS].index("word")
    assert model.scores([sentence(3, block=words)])[0][0] == pytest.approx(-1 + BLOCKS[words][1] * 1.27)


def test_unknown_features_say_nothing(model: LinearModel) -> None:
    alone, beside = model.scores([sentence(5, 4_294_967_295), sentence(3, 8)])
    assert alone.tolist() == pytest.approx([-1, -0.5])
    assert beside.tolist() == pytest.approx([-1 + CLASS * 1.27, -0.5])


def test_a_sentence_scores_the_same_alone_and_in_company(model: LinearModel) -> None:
    together = model.scores([sentence(3, 7), sentence(), sentence(20, 20, 4_000_000_000)])
    alone = [model.scores([s])[0] for s in (sentence(3, 7), sentence(), sentence(20, 20, 4_000_000_000))]
    assert np.allclose(together, np.stack(alone))


def test_no_sentences_give_no_scores(model: LinearModel) -> None:
    assert model.scores([]).shape == (0, 2)


@given(st.lists(st.lists(st.sampled_from([1, 3, 7, 8, 20, 4_000_000_000]), max_size=9), max_size=5))
def test_counting_is_that_of_a_plain_loop(parts: list[list[int]]) -> None:
    owners, rows, counts = count_rows(KEYS, [np.array(part, np.uint32) for part in parts])
    found = dict(zip(zip(owners.tolist(), rows.tolist(), strict=True), counts.tolist(), strict=True))
    expected = {
        (owner, KEYS.tolist().index(key)): part.count(key)
        for owner, part in enumerate(parts)
        for key in part
        if key in KEYS.tolist()
    }
    assert found == expected


@pytest.mark.parametrize(
    "content",
    [b"", b"no weights", zlib.compress(b"something else"), zlib.compress(b"picket-second-tier-3\n" + b"\0\0\0\x02{}")],
    ids=["empty", "not compressed", "foreign", "no header"],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(InvalidModel, match=r"weights\.bin"):
        read_model(tmp_path)


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    write_small(tmp_path)
    whole = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidModel, match=r"weights\.bin"):
        read_model(tmp_path)


def test_a_file_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(zlib.compress(b"picket-second-tier-3\n" + bytes(70_000_000)))
    with pytest.raises(InvalidModel, match="larger"):
        read_model(tmp_path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_model(tmp_path)


def test_the_bundled_weights_know_every_code_and_are_small() -> None:
    folder = bundled("configs", "model")
    assert (folder / WEIGHTS).stat().st_size <= MAX_WEIGHTS
    model, judge = read_model(folder)
    assert set(CODES) < set(model.outputs)
    assert (np.diff(model.keys.astype(np.int64)) > 0).all()
    assert all(model.weights[:, model.outputs.index(code)].any() for code in CODES)
    assert judge.feature.min() >= 0
    assert judge.feature.max() < len(FEATURES)
