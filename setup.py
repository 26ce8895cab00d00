"""Packaging of Picket: the two code packages, and `configs/` and `seeds/` as data of `pipeline`."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
BUNDLED = ("configs", "seeds")  # a checkout keeps them at the top; a wheel carries them inside `pipeline`

REQUIRES = [
    "apache-beam==2.77.0",  # the graph is proven on this release only; its runners change between minors
    "feedparser>=6.0.11,<7",
    "textblob>=0.19,<0.21",  # sentiment values are part of the dataset: a new lexicon would change rows
    "pyarrow>=25,<26",  # bloom filters are written from 25 on; Beam 2.77 supports no newer one
    "numpy<2.5",  # Beam 2.77 supports no newer one
    "python-dateutil>=2.9,<3",  # Beam's own bound
    "httpx2>=2.16,<3",  # httpx has had no release since 2024-12; this is its maintained continuation
    "Brotli>=1.2,<2",  # 1.2 bounds what is decoded at once; without it servers are offered gzip alone
    "socksio>=1,<2",  # for fetch.proxy with socks5://, as through Tor
    "tzdata>=2025.1",  # zones of dates, where the system has none
    "Protego>=0.4,<1",  # robots.txt as search engines read it; the standard library knows no wildcards
    "lxml>=5.3,<7",
    "trafilatura>=2.0,<3",
    "lxml_html_clean>=0.4",  # trafilatura needs it, and old pip does not install it as an extra
    "pyahocorasick>=2.1,<3",
    "pymorphy3>=2.0.3,<3",
    "pymorphy3-dicts-ru>=2.4,<3",
    "simplemma>=2,<3",
    "py3langid>=0.3,<1",
    "rensa>=0.5,<0.6",  # signatures are compared with those of earlier runs: another algorithm would find no copies
    "pydantic>=2.10,<3",
    "PyYAML>=6.0.2,<7",
    "typer>=0.29,<1",  # older ones leave with 1 when interrupted
    "duckdb>=1.1,<3",
]
DEVELOPMENT = [
    "pytest>=8.3,<10",
    "pytest-xdist>=3.6,<4",
    "hypothesis>=6.120,<7",
    "mypy==2.4.1",  # a new release may find new faults: raised on purpose, not by chance
    "ruff==0.17.6",  # as for mypy
    "types-PyYAML>=6",
    "pandas>=2.2,<4",
    "polars>=1.20,<3",
]

# Weights are trained with it and shipped as numbers; a run needs none of it.
TRAINING = ["scikit-learn>=1.5,<2"]
# Some tests ask Spark the same as DuckDB.
SPARK = ["pyspark>=4.0,<5"]


class BuildWithData(build_py):
    """Copy `configs/` and `seeds/` into the built `pipeline` package."""

    def run(self) -> None:
        super().run()
        for name in BUNDLED:
            target = Path(self.build_lib) / "pipeline" / name
            if target.exists():
                shutil.rmtree(target)
            # Training sentences are for those who work on the model, with a checkout.
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__", "training"))


setup(
    name="picket",
    version="0.1.0",
    description="Watches the news for protest by the families of people in military service",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["pipeline", "pipeline.*", "transforms", "transforms.*"]),
    cmdclass={"build_py": BuildWithData},
    install_requires=REQUIRES,
    extras_require={"dev": [*DEVELOPMENT, *TRAINING], "train": TRAINING, "spark": SPARK},
    entry_points={"console_scripts": ["picket = pipeline.cli:main"]},
    zip_safe=False,
)
