"""edgeprof: can this backbone ship on that board?"""

__version__ = "0.1.0"
