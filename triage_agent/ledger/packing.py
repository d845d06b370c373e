"""Texts, packed for keeping: most are short, so zlib is told beforehand what occurs in all of them.

That stands in `packing.txt`, which must never change: what was packed with it can only be unpacked
with the same.
"""

import zlib
from pathlib import Path

WORDS = Path(__file__).with_name("packing.txt").read_bytes()
_BARE = -15
"""Without zlib's own header and sum, ten bytes a text: the chain's digest says what it was."""


def packed(text: str) -> bytes:
    """A text in less room."""
    packing = zlib.compressobj(wbits=_BARE, zdict=WORDS)
    return packing.compress(text.encode()) + packing.flush()


def unpacked(kept: bytes) -> str:
    """The text again; of what somebody has spoilt, whatever is left of it."""
    try:
        return (
            zlib.decompressobj(wbits=_BARE, zdict=WORDS).decompress(kept).decode(errors="replace")
        )
    except zlib.error:
        return ""
