"""The library of the parity tests beside the odd mappings, as the tests of rows have them."""

from tests.rows.conftest import postgresql_shelves as postgresql_shelves
from tests.rows.conftest import shelf as shelf
from tests.rows.conftest import shelves as shelves
from tests.rows.conftest import sqlite_shelves as sqlite_shelves
