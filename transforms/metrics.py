"""Counters of the steps: what came in, went out, and was dropped for which reason."""

from apache_beam.metrics import Metrics


def count(step: str, name: str, number: int = 1) -> None:
    """Add `number` to the counter `name` of `step`."""
    Metrics.counter(step, name).inc(number)
