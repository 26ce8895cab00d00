"""The main views for Polars, pandas and Spark: Python files that a dataset carries in `meta/queries/`."""

from collections.abc import Mapping

from pipeline.snippets_pandas import PANDAS
from pipeline.snippets_polars import POLARS
from pipeline.snippets_spark import SPARK

# Named so that importing one does not hide the library that it imports itself.
SNIPPETS: Mapping[str, str] = {"with_polars.py": POLARS, "with_pandas.py": PANDAS, "with_spark.py": SPARK}
