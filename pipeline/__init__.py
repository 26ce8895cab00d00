"""Picket assembled and operated: command line, configuration, the graph, a run, reports."""

__version__ = "0.1.0"
