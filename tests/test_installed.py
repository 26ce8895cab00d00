"""The installed program: code, profiles and seeds without the checkout."""

import subprocess
import sys
from pathlib import Path

import pytest
from running import ROOT, picket


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "setup.py", "-q", "build", "--build-base", str(folder / "base")]
    subprocess.run([*command, "--build-lib", str(folder / "lib")], cwd=ROOT, check=True, capture_output=True)
    return folder / "lib"


def test_configs_and_seeds_are_data_of_pipeline(installed: Path) -> None:
    assert {path.name for path in installed.iterdir()} == {"pipeline", "transforms"}
    for name in ("configs", "seeds"):
        here = {path.relative_to(ROOT / name) for path in (ROOT / name).rglob("*") if path.is_file()}
        data = installed / "pipeline" / name
        there = {path.relative_to(data) for path in data.rglob("*") if path.is_file()}
        wanted = {path for path in here if path.parts[0] != "training" and "__pycache__" not in path.parts}
        assert there == wanted


def test_every_package_is_installed(installed: Path) -> None:
    for package in ("pipeline", "transforms"):
        code = {path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py")}
        assert {path.relative_to(installed) for path in (installed / package).rglob("*.py")} == code


def test_demo_runs_from_the_installed_program(installed: Path, tmp_path: Path) -> None:
    done = picket("run", cwd=tmp_path, PYTHONPATH=str(installed))
    assert done.returncode == 0, done.stderr
    assert "Ukrainian" in done.stderr
    where = picket("run", "--dry-run", cwd=tmp_path, PYTHONPATH=str(installed))
    assert str(installed / "pipeline") in where.stdout
