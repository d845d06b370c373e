"""Files that are generated from the page: written into a folder, or held against what is there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from triage_agent.errors import Outdated


@dataclass(frozen=True)
class Tree:
    """A folder's generated files, by their paths in it, and the command that writes them.

    A file that carries the notice, and isn't among them, is left over from an earlier page. What
    else lies in the folder is somebody's own.
    """

    folder: Path
    files: Mapping[str, str]
    notice: str
    command: str

    def write(self) -> list[str]:
        """Brings the folder up to date; what was done, a line each."""
        done = []
        for path, fault in self._faults():
            place = self.folder / path
            if path in self.files:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(self.files[path].encode())
                done.append(f"wrote {place}")
            else:
                place.unlink()
                done.append(f"removed {place}, which was {fault}")
        return [*done, self._fresh()]

    def check(self) -> list[str]:
        """A line that says that the folder is fresh; `Outdated` names each file that isn't."""
        if faults := [f"{self.folder / path} is {fault}" for path, fault in self._faults()]:
            raise Outdated("\n".join([*faults, f"write them anew: {self.command}"]))
        return [self._fresh()]

    def _fresh(self) -> str:
        return f"{self.folder} holds what the page grants: {len(self.files)} files"

    def _faults(self) -> Iterator[tuple[str, str]]:
        for path, text in self.files.items():
            place = self.folder / path
            if not place.is_file():
                yield path, "missing"
            elif place.read_bytes() != text.encode():
                yield path, "stale"
        for place in sorted(self.folder.rglob("*")):
            path = place.relative_to(self.folder).as_posix()
            if path not in self.files and place.is_file() and self._is_generated(place):
                yield path, "superfluous"

    def _is_generated(self, place: Path) -> bool:
        return self.notice.encode() in place.read_bytes()
