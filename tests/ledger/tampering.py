"""Changes behind the back of `history`'s ledger, by plain SQL and in its file of anchors."""

from collections.abc import Callable

from tests.ledger.history import History

Tamper = Callable[[History], None]


def sql(*statements: str) -> Tamper:
    return lambda history: history.change(*statements)


def set_back(item: int, event: int) -> str:
    """The row of an item says that it is open, and ends with an event, by number."""
    return (
        "UPDATE items SET status = 'open', category = NULL, "
        f"length = (SELECT sequence + 1 FROM events WHERE number = {event}), "
        f"head = (SELECT hash FROM events WHERE number = {event}) WHERE stream = {item}"
    )


def another(column: str) -> str:
    """What stands in a column of item 2's first text."""
    return f"(SELECT {column} FROM payloads WHERE stream = 3 AND sequence = 0)"


def copied_text(stream: int, sequence: int) -> Tamper:
    return sql(
        f"INSERT INTO payloads SELECT {stream}, {sequence}, salt, body FROM payloads "
        "WHERE stream = 2 AND sequence = 0",
    )


def swapped(column: str, one: int, other: int) -> Tamper:
    """Two events with each other's number, or place in their stream."""
    if column == "number":
        name, first, second = "number", one, other
    else:
        name, first, second = "sequence", one - 2, other - 2
        assert (2, 3) == (one, other)  # the first two of item-1
    steps = [(first, -5), (second, first), (-5, second)]
    of = "" if column == "number" else " AND stream = 2"
    return sql(*(f"UPDATE events SET {name} = {to} WHERE {name} = {now}{of}" for now, to in steps))


def put_in_the_middle(history: History) -> None:
    """Room is made behind the first event of item-1, and another one put there."""
    for table in ("events", "payloads"):
        for now, then in ((2, 3), (1, 2)):
            history.change(
                f"UPDATE {table} SET sequence = {then} WHERE stream = 2 AND sequence = {now}"
            )
    history.change(
        "INSERT INTO events (stream, sequence, at, run, kind, body, hash) "
        "SELECT 2, 1, at, run, kind, body, hash FROM events WHERE number = 5",
    )


def removed(*, row: bool = False, trace: bool = False) -> Tamper:
    """Item 3 goes: its events, its row, all that speaks of it."""
    statements = ["DELETE FROM events WHERE stream = 5"]
    if row or trace:
        statements.append("DELETE FROM items WHERE stream = 5")
    if trace:
        statements += ["DELETE FROM payloads WHERE stream = 5", "DELETE FROM streams WHERE id = 5"]
    return sql(*statements)


def replaced(history: History) -> None:
    """The ledger as it was after its first run."""
    kept = history.rows()
    older = {
        "streams": [row for row in kept["streams"] if row["id"] <= 3],
        "events": [row for row in kept["events"] if row["number"] <= 8],
        "payloads": [row for row in kept["payloads"] if row["stream"] <= 3],
        "items": [row for row in kept["items"] if row["stream"] <= 3],
    }
    history.put_back(older)
    history.change(set_back(3, 6))


def lines(change: Callable[[list[bytes]], list[bytes]]) -> Tamper:
    """A change to the file of anchors."""

    def tamper(history: History) -> None:
        path = history.file.path
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return tamper
