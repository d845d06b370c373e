"""Checks what `triage-agent ledger export` prints, from stdin, with nothing but Python."""

import hashlib
import json
import sys

ends, digest, count, faults, line = {}, bytes(32), 0, 0, {}
for line in map(json.loads, sys.stdin.buffer):
    if "digest" in line:  # the last one
        break
    length, before = ends.get(line["stream"], (0, "0" * 64))
    place = [2, line["stream"], length, before, *map(line.get, ("at", "run", "kind", "private"))]
    whole = json.dumps(place, separators=(",", ":"), ensure_ascii=False) + "\n" + line["body"]
    text = bytes.fromhex(line.get("salt", "")) + line.get("text", "").encode()
    hashes = [hashlib.sha256(some).hexdigest() for some in (whole.encode(), text)]
    said = [line["hash"], line["private"] if text else hashes[1]]
    if (length, hashes) != (line["sequence"], said):
        print(f"{line['stream']} event {line['sequence']} isn't what was sealed here")
        faults += 1
    ends[line["stream"]] = line["sequence"] + 1, line["hash"]
    digest, count = hashlib.sha256(digest + bytes.fromhex(line["hash"])).digest(), count + 1
print(f"{count} events in {len(ends)} streams, digest {digest.hex()}, {faults} faults")
sys.exit(bool(faults or line != {"events": count, "digest": digest.hex()}))
