"""`python -m pipeline` is `picket`."""

from pipeline.cli import main

main()
