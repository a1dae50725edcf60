"""Digests of the user's own files, which every command asks for: taken again only of a file that changed."""

from __future__ import annotations

import os
from datetime import datetime

from edgeprof.convert.cache import Cache
from edgeprof.core.files import digest_of_file, digest_of_json

_SETTLED_S = 0.1  # a file younger than this may change again within one tick of the file system's clock


def digest_by_stamp(cache: Cache, path: str) -> str:
    """As long as size, times and inode are those of last time; a cache that verifies believes no stamp."""
    if cache.verify:
        return digest_of_file(path)
    seen = os.stat(path)
    stamp = [seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino]
    key = digest_of_json(["digest of a file", os.path.abspath(path)])
    known = cache.recall(key) or {}
    if known.get("stamp") == stamp:
        return str(known["digest"])
    digest = digest_of_file(path)
    if datetime.now().timestamp() - seen.st_ctime > _SETTLED_S:
        cache.remember(key, {"stamp": stamp, "digest": digest})
    return digest
