"""Where the bundled `configs/` and `seeds/` lie: beside the code, or inside the installed `pipeline`."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def bundled(*parts: str) -> Path:
    """Return the path of a bundled file or folder, such as `bundled("configs", "actors.yaml")`."""
    installed = _PACKAGE / parts[0]
    root = _PACKAGE if installed.is_dir() else _PACKAGE.parent
    return root.joinpath(*parts)
