"""`python -m cleaners` is the command `copydesk`."""

from cleaners.cli import main

raise SystemExit(main())
