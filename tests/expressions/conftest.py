"""The library of the parity tests beside the odd mappings of the tests of rows; the tables of any mapping."""

from tests.mappings.conftest import mappings as mappings
from tests.mappings.conftest import postgresql_mappings as postgresql_mappings
from tests.mappings.conftest import session as mapped
from tests.mappings.conftest import sqlite_mappings as sqlite_mappings
from tests.mappings.conftest import tables as tables
from tests.rows.conftest import postgresql_shelves as postgresql_shelves
from tests.rows.conftest import shelf as shelf
from tests.rows.conftest import shelves as shelves
from tests.rows.conftest import sqlite_shelves as sqlite_shelves

__all__ = ["mapped"]
