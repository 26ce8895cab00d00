"""A sparse linear model over hashed features: its weights on disk, and scores of sentences."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from transforms.second_tier.features import BLOCKS, SHRINK, Features
from transforms.second_tier.judge import Floats, Judge

WEIGHTS = "weights.bin"
MAX_BYTES = 64_000_000  # of the file after decompression: a damaged or foreign file cannot fill the memory
_MAGIC = b"picket-second-tier-4\n"
MAX_ODDS = 30.0
SUBJECT = "subject"  # the output that tells how well a sentence fits into an article that has a complaint anywhere
WEIGHT_ARRAYS = ("keys", "rarity", "weights", "scales", "bias")
JUDGE_ARRAYS = ("feature", "bound", "below", "above", "value")


class InvalidModel(Exception):
    """A weights file that is not one, or not of this version; the message names the file."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Slope and intercept by output, which make log-odds of scores."""

    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]

    def log_odds(self, scores: Floats) -> Floats:
        """Return log-odds for `scores` (sentences x outputs), at most `MAX_ODDS` to either side."""
        odds = scores * np.array(self.slopes, np.float32) + np.array(self.intercepts, np.float32)
        return np.asarray(np.clip(odds, -MAX_ODDS, MAX_ODDS), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Weights by feature: sorted `keys`, a factor `rarity` for each, `weights` (features x outputs) times `scales`."""

    outputs: tuple[str, ...]
    classes: tuple[str, ...]
    calibration: Calibration
    keys: npt.NDArray[np.uint32]
    rarity: npt.NDArray[np.float16]
    weights: npt.NDArray[np.int8]
    scales: Floats
    bias: Floats
    version: str

    def scores(self, sentences: Sequence[Features]) -> Floats:
        """Return the scores (sentences x outputs) of `sentences`."""
        owners, rows, counts = count_rows(self.keys, [part for sentence in sentences for part in sentence.blocks])
        values = block_values(owners, rows, counts, self.rarity, len(sentences) * len(BLOCKS))
        values *= np.array([weight for _, weight in BLOCKS], np.float32)[owners % len(BLOCKS)]
        sums = np.zeros((len(sentences), len(self.outputs)), np.float32)
        if len(rows):
            owners //= len(BLOCKS)  # from the block of a sentence to the sentence
            firsts = np.flatnonzero(np.diff(owners, prepend=-1))
            sums[owners[firsts]] = np.add.reduceat(self.weights[rows] * values[:, None], firsts, axis=0)
        return np.asarray(self.bias + sums * self.scales, np.float32)

    def weight(self, key: int, column: int) -> float:
        """Return what the feature `key` adds to output `column` by itself; 0 where it is unknown."""
        row = int(np.searchsorted(self.keys, np.uint32(key)))
        if row == len(self.keys) or self.keys[row] != key:
            return 0.0
        return float(self.weights[row, column] * self.scales[column] * self.rarity[row])


def block_values(
    owners: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    rarity: npt.NDArray[np.float16],
    size: int,
) -> Floats:
    """Return the value of each feature that `count_rows` counted in a block of `size` sentences."""
    values = (1 + np.log(counts)) * rarity[rows].astype(np.float32)
    lengths = np.sqrt(np.bincount(owners, values * values, size))
    return np.asarray(values / np.maximum(lengths, 1e-9)[owners] ** SHRINK, np.float32)


def count_rows(
    keys: npt.NDArray[np.uint32], parts: Sequence[npt.NDArray[np.uint32]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return owner, row and count of each known feature in `parts`, by owner and row; unknown ones are left out."""
    flat = np.concatenate([np.zeros(0, np.uint32), *parts])
    owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    rows = np.searchsorted(keys, flat)
    known = rows < len(keys)
    known[known] = keys[rows[known]] == flat[known]
    joined, counts = np.unique(owners[known] * np.int64(len(keys) + 1) + rows[known], return_counts=True)
    owner, row = np.divmod(joined, len(keys) + 1)
    return owner, row, counts


def write_model(folder: Path, model: LinearModel, judge: Judge) -> str:
    """Write `model` and `judge` into `folder` and return the version: a hash of the bytes that were written."""
    arrays = {name: getattr(model, name) for name in WEIGHT_ARRAYS} | {
        name: getattr(judge, name) for name in JUDGE_ARRAYS
    }
    header = {
        "outputs": model.outputs,
        "classes": model.classes,
        "slopes": model.calibration.slopes,
        "intercepts": model.calibration.intercepts,
        "judge": {"base": judge.base, "depth": judge.depth},
        "arrays": {name: [array.dtype.str, list(array.shape)] for name, array in arrays.items()},
    }
    head = json.dumps(header, sort_keys=True).encode()
    body = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays.values())
    content = _MAGIC + len(head).to_bytes(4, "little") + head + body
    (folder / WEIGHTS).write_bytes(zlib.compress(content, 9))
    return _version(content)


def read_model(folder: Path) -> tuple[LinearModel, Judge]:
    """Read the weights of `folder`, and the judge that was trained with them.

    Raises InvalidModel where they are damaged, OSError where they are missing.
    """
    path = folder / WEIGHTS
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(path.read_bytes(), MAX_BYTES)
        if not inflate.eof or not content.startswith(_MAGIC):
            raise InvalidModel(f"{path}: not a weights file of this version, or larger than {MAX_BYTES} bytes")
        start = len(_MAGIC) + 4
        length = int.from_bytes(content[len(_MAGIC) : start], "little")
        header = json.loads(content[start : start + length])
        arrays = _arrays(header["arrays"], content, start + length)
        calibration = Calibration(tuple(header["slopes"]), tuple(header["intercepts"]))
        trees = {name: arrays.pop(name) for name in JUDGE_ARRAYS}
        judge = Judge(header["judge"]["base"], header["judge"]["depth"], **trees)
        model = LinearModel(
            outputs=tuple(header["outputs"]),
            classes=tuple(header["classes"]),
            calibration=calibration,
            version=_version(content),
            **arrays,
        )
        return model, judge
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise InvalidModel(f"{path}: {error}") from error


def _arrays(described: Mapping[str, Any], content: bytes, start: int) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name in (*WEIGHT_ARRAYS, *JUDGE_ARRAYS):
        kind, shape = described[name]
        count = int(np.prod(shape))
        arrays[name] = np.frombuffer(content, np.dtype(kind), count, start).reshape(shape)
        start += arrays[name].nbytes
    return arrays


def _version(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]
