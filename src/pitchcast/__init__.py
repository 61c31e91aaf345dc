"""Turn a salesperson's recorded pitch into a private podcast for one prospect."""

__version__ = "0.1.0"
