"""copydesk's library: raw article dumps in, clean text out, every cut accounted for."""

__version__ = "0.1.0"
