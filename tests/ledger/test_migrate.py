"""Opening: from nothing, again, at the same time as others, and not at all."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from triage_agent.errors import WrongUsage
from triage_agent.ledger import migrations
from triage_agent.ledger.migrate import NEWEST
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import metadata


def tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in names}


def revision(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found)


def test_the_migrations_make_the_tables_that_the_code_knows(ledger: Ledger, database: Path) -> None:
    """Alembic finds no difference between a migrated ledger and `tables.py`."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert [] == differences
    assert NEWEST == revision(database)


def test_the_newest_revision_is_the_last_migration() -> None:
    """The number that opening compares with is the one of the last file."""
    folder = Path(migrations.__file__).parent / "versions"
    numbers = sorted(path.name.partition("_")[0] for path in folder.glob("[0-9]*.py"))

    assert NEWEST == numbers[-1]


def test_an_empty_file_becomes_a_ledger(database: Path) -> None:
    """Opening a file without tables makes them; opening again changes nothing."""
    database.touch()
    for _ in range(2):
        Ledger.open(f"sqlite:///{database}").close()

    assert {*metadata.tables, "alembic_version", "sqlite_sequence"} >= tables(database)
    assert set(metadata.tables) <= tables(database)


def test_several_openers_make_one_ledger(database: Path) -> None:
    """Whoever comes at the same moment waits, and finds the tables made."""
    with ThreadPoolExecutor(8) as pool:
        for opened in pool.map(Ledger.open, [f"sqlite:///{database}"] * 8):
            opened.close()

    assert NEWEST == revision(database)


def test_a_migration_that_breaks_off_leaves_nothing(database: Path) -> None:
    """A table in the way stops the migration, and none of the others stays behind."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE items (somebody_elses TEXT)")
    with pytest.raises(WrongUsage, match="table items already exists"):
        Ledger.open(f"sqlite:///{database}")

    assert {"items"} == tables(database)


def test_a_newer_ledger_is_refused(ledger: Ledger, database: Path) -> None:
    """A revision that this program doesn't know is left alone, and the cure is named."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
        connection.commit()
    with pytest.raises(WrongUsage, match=r"newer version \(0099\); update this program"):
        Ledger.open(f"sqlite:///{database}")

    assert "0099" == revision(database)


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("not a url", "write sqlite:///PATH"),
        ("", "write sqlite:///PATH"),
        ("postgresql://triage:hidden@db/ledger", "only sqlite:///PATH"),
        ("mongo://x", "only sqlite:///PATH"),
        ("sqlite+aiosqlite:///x.db", "only sqlite:///PATH"),
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
    assert "hidden" not in str(refused.value)
