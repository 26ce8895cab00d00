"""Codes in other schemes: complete, honest about what has no match, and every fault named with its line."""

from pathlib import Path

import pytest

from transforms.complaints.codes import CODES, DEMAND_CODES
from transforms.knowledge.yaml_file import InvalidFile
from transforms.mapping.codes import SCHEMES, load_mapping, mapping_rows

FILE = Path(__file__).parent.parent / "configs/mapping.yaml"
TEXT = FILE.read_text(encoding="utf-8")
ENTRY = "    plover: {match: broad, term: COERCE/arrest}\n"


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def problems(path: Path, text: str) -> list[str]:
    file = path / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        load_mapping(file)
    return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]


def test_every_code_has_a_row_in_every_scheme() -> None:
    rows = mapping_rows(FILE)
    assert [(row.code, row.scheme) for row in rows] == [(c, s) for c in (*CODES, *DEMAND_CODES) for s in SCHEMES]


def test_a_code_never_comes_without_its_label_nor_a_none_without_its_reason() -> None:
    for row in mapping_rows(FILE):
        assert row.document
        if row.match == "none":
            assert (row.scheme_code, row.label) == (None, None)
            assert row.note
        else:
            assert row.scheme_code
            assert row.label


def test_some_rows_as_they_are() -> None:
    rows = {(row.code, row.scheme): (row.scheme_code, row.label, row.match) for row in mapping_rows(FILE)}
    assert rows["DEM.MEET", "cameo"] == ("106", "Demand meeting, negotiation", "close")
    assert rows["REP.CENSOR", "plover"] == ("COERCE/censor", "Coerce, mode censor", "close")
    assert rows["AUT.IGNORED", "mass_mobilization"] == ("stateresponse=ignore", "ignore", "close")
    assert rows["SUP.TRAINING", "huridocs"] == (None, None, "none")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (ENTRY, ENTRY.replace("plover", "plovre"), "Input should be 'plover'"),
        (ENTRY, ENTRY.replace("broad", "good"), "Input should be 'exact', 'close', 'broad' or 'none'"),
        (ENTRY, ENTRY.replace("COERCE/arrest", "COERCE/jail"), "'COERCE/jail' is not in the terms of plover"),
        (ENTRY, ENTRY.replace(", term: COERCE/arrest", ""), "match broad needs a term"),
        (ENTRY, ENTRY.replace("broad", "none"), "match none has no term, and a note that says why"),
        (ENTRY, ENTRY.replace("term:", "code:"), "unknown key"),
    ],
)
def test_fault_of_an_entry_is_told_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    found = problems(tmp_path, TEXT.replace(old, new, 1))
    assert any(problem.startswith(f"{line_of(TEXT, old)}:") and message in problem for problem in found), found


def test_unknown_code_is_a_fault(tmp_path: Path) -> None:
    found = problems(tmp_path, TEXT.replace("  GEN.OTHER:\n", "  GEN.ODD:\n"))
    assert any(problem.startswith(f"{line_of(TEXT, '  GEN.OTHER:')}:") and "GEN.ODD" in problem for problem in found)


def test_missing_code_and_missing_scheme_are_faults(tmp_path: Path) -> None:
    without_code = TEXT[: TEXT.index("  DEM.SUPPLY:")]
    found = problems(tmp_path, without_code)
    assert any("lacks DEM.SUPPLY" in problem for problem in found)
    at = line_of(TEXT, ENTRY) - 1
    assert f"{at}:3: codes.ABU.DETAIN: lacks plover" in problems(tmp_path, TEXT.replace(ENTRY, "", 1))


def test_term_that_nothing_maps_to_is_a_fault(tmp_path: Path) -> None:
    label = '      "100": Demand, not specified below\n'
    found = problems(tmp_path, TEXT.replace(label, label + '      "101": Demand material cooperation\n'))
    assert found == [f"{line_of(TEXT, label) + 1}:7: schemes.cameo.terms.101: '101' is mapped to by no code"]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot be read"):
        mapping_rows(tmp_path / "none.yaml")
