"""The runners that Beam knows by name: a mistyped one is told before anything is read."""

import importlib
from collections.abc import Sequence

_OPTION = "--runner"


class UnknownRunner(ValueError):
    """Beam has no such runner; the message is one plain line that names those it has."""


def check_runner(options: Sequence[str]) -> None:
    """Look for the runner that the options of Beam name, if they do. Raises UnknownRunner."""
    for number, option in enumerate(options):
        name, _, value = option.partition("=")
        if name == _OPTION:
            _check(value or "".join(options[number + 1 : number + 2]))


def known_runners() -> list[str]:
    """Return the names of Beam's runners, without those for its own tests."""
    from apache_beam.options.pipeline_options import StandardOptions

    names = {path.rpartition(".")[2] for path in StandardOptions.ALL_KNOWN_RUNNERS}
    return sorted(name for name in names if not name.startswith("Test"))


def _check(name: str) -> None:
    known = known_runners()
    if name.lower() in {one.lower() for one in known} | {one.lower().removesuffix("runner") for one in known}:
        return
    if not _is_class(name):
        raise UnknownRunner(f"there is no runner {name!r}; Beam has {', '.join(known)}, or the path of a class")


def _is_class(path: str) -> bool:
    module, _, name = path.rpartition(".")
    try:
        return bool(module) and hasattr(importlib.import_module(module), name)
    except (ImportError, TypeError, ValueError):  # no module, or no path of one
        return False
