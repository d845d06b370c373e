"""Opening: from nothing, again, at the same time as others, and not at all."""

import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, make_url

from tests.conftest import Kind, NewLedger
from tests.ledger.conftest import Kept
from tests.postgres import Cluster
from triage_agent.errors import LedgerFailed, WrongUsage
from triage_agent.ledger import migrations, sqlite
from triage_agent.ledger.migrate import NEWEST
from triage_agent.ledger.sqlite import SqliteDatabase
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import metadata


@pytest.fixture
def database(request: pytest.FixtureRequest, kind: Kind, new_ledger: NewLedger) -> Kept:
    """A database without tables."""
    if kind == "sqlite":
        return Kept(new_ledger(kind))
    cluster: Cluster = request.getfixturevalue("cluster")
    return Kept(cluster.new_database(template="template1"))


def tables(database: Kept) -> set[str]:
    with database.begun() as connection:
        return set(inspect(connection).get_table_names())


def revision(database: Kept) -> str:
    ((found,),) = database.rows("SELECT version_num FROM alembic_version")
    return str(found)


def test_the_migrations_make_the_tables_that_the_code_knows(ledger: Ledger, database: Kept) -> None:
    """Alembic finds no difference between a migrated ledger and `tables.py`."""
    with ledger.database.transaction() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert [] == differences
    assert NEWEST == revision(database)


def test_the_newest_revision_is_the_last_migration() -> None:
    """The number that opening compares with is the one of the last file."""
    folder = Path(migrations.__file__).parent / "versions"
    numbers = sorted(path.name.partition("_")[0] for path in folder.glob("[0-9]*.py"))

    assert NEWEST == numbers[-1]


def test_an_empty_database_becomes_a_ledger(database: Kept) -> None:
    """Opening a database without tables makes them; opening again changes nothing."""
    for _ in range(2):
        Ledger.open(database.url).close()

    assert {*metadata.tables, "alembic_version"} == tables(database)


def test_an_empty_file_becomes_a_ledger(tmp_path: Path) -> None:
    """A file that is there, without a byte in it, is as good as none."""
    (tmp_path / "ledger.db").touch()
    with closing(Ledger.open(f"sqlite:///{tmp_path}/ledger.db")) as ledger:
        assert [] == ledger.streams()


def test_several_openers_make_one_ledger(database: Kept) -> None:
    """Whoever comes at the same moment waits, and finds the tables made."""
    with ThreadPoolExecutor(8) as pool:
        for opened in pool.map(Ledger.open, [database.url] * 8):
            opened.close()

    assert NEWEST == revision(database)


def test_new_files_are_opened_by_several_at_once(new_ledger: NewLedger) -> None:
    """SQLite doesn't wait where several turn on the log of a new file; we do, a hundred times."""
    together = Barrier(4)

    def mode(file: str) -> object:
        database = SqliteDatabase(make_url(file))
        together.wait()
        with database.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        database.engine.dispose()
        return found

    with ThreadPoolExecutor(4) as pool:
        for _ in range(100):
            assert {"wal"} == set(pool.map(mode, [new_ledger("sqlite")] * 4))


def test_a_migration_that_breaks_off_leaves_nothing(database: Kept) -> None:
    """A table in the way stops the migration, and none of the others stays behind."""
    database.change("CREATE TABLE items (somebody_elses TEXT)")
    with pytest.raises(WrongUsage, match=r"(table items|relation \"items\") already exists"):
        Ledger.open(database.url)

    assert {"items"} == tables(database)


def test_a_newer_ledger_is_refused(ledger: Ledger, database: Kept) -> None:
    """A revision that this program doesn't know is left alone, and the cure is named."""
    database.change("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(WrongUsage, match=r"newer version \(0099\); update this program"):
        Ledger.open(database.url)

    assert "0099" == revision(database)


BOTH = "sqlite:///PATH or postgresql://USER@HOST/DATABASE"


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("not a url", BOTH),
        ("", BOTH),
        ("mongo://x", BOTH),
        ("postgres://hidden@x/y", BOTH),
        ("postgresql+asyncpg://triage:hidden@db/ledger", BOTH),
        ("postgresql://db:hidden/ledger", BOTH),
        ("postgresql://triage:hid@den@db/ledger", "as %40"),
        ("sqlite+aiosqlite:///x.db", BOTH),
        ("sqlite://", "a file's path"),
        ("sqlite:///:memory:", "a file's path"),
        ("sqlite://x/ledger.db", "a file's path"),
        ("sqlite:///file:x?mode=ro&uri=true", "a file's path"),
        ("sqlite:///{folder}", "unable to open database file"),
        ("sqlite:///{folder}/none/ledger.db", "unable to open database file"),
        ("sqlite:///{folder}/text.db", "file is not a database"),
    ],
)
def test_what_cannot_be_a_ledger_is_refused(tmp_path: Path, url: str, cure: str) -> None:
    """A wrong address or file ends in a sentence that says what to write, without a password."""
    (tmp_path / "text.db").write_text("these are notes, no database\n" * 40, encoding="utf-8")
    with pytest.raises(WrongUsage) as refused:
        Ledger.open(url.format(folder=tmp_path))

    assert cure in str(refused.value)
    assert [] == [part for part in ("hid", "den") if part in str(refused.value)]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://triage:hidden@127.0.0.1:1/ledger",
        "postgresql://triage:hid/den?hid:den@127.0.0.1:1/ledger",
        "postgresql+psycopg://triage:hidden@127.0.0.1:1/ledger",
        "postgresql://triage@127.0.0.1:1/ledger?password=hidden",
    ],
)
def test_a_server_that_does_not_answer(url: str) -> None:
    """Nothing is wrong with what was typed: exit 1, with place and cause, without the password."""
    with pytest.raises(LedgerFailed, match=r"127\.0\.0\.1:1/ledger.*refused") as failed:
        Ledger.open(url)

    assert 1 == failed.value.exit_code
    assert "TRIAGE_LEDGER_URL" in str(failed.value)
    assert "hid" not in str(failed.value)


def test_a_database_that_is_not_there(cluster: Cluster) -> None:
    """The server's own words say which, and none of them is a secret."""
    url = cluster.url("nowhere").replace("triage@", "triage:hidden@")
    with pytest.raises(LedgerFailed, match='database "nowhere" does not exist') as failed:
        Ledger.open(url)

    assert "hidden" not in str(failed.value)


def test_a_database_that_lacks_characters(cluster: Cluster) -> None:
    """A database with another encoding than UTF-8 is refused before a text is lost."""
    cluster.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(WrongUsage, match=r"encoding LATIN1.*ENCODING 'UTF8'"):
        Ledger.open(cluster.url("latin"))


def test_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lacks the extra is told how to install it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(WrongUsage, match=r"pip install 'triage-agent\[postgres\]'"):
        Ledger.open("postgresql://triage@127.0.0.1:1/ledger")


def test_a_locked_file_is_not_a_wrong_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger that another process holds for itself alone is named as locked, exit 1."""
    monkeypatch.setattr(sqlite, "PATIENCE", 20)
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerFailed, match="another process keeps it locked"):
            Ledger.open(f"sqlite:///{path}")
