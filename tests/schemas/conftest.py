"""The databases of the mappings, with the tables of the modules here."""

from tests.mappings.conftest import mappings as mappings
from tests.mappings.conftest import postgresql_mappings as postgresql_mappings
from tests.mappings.conftest import session as session
from tests.mappings.conftest import sqlite_mappings as sqlite_mappings
from tests.mappings.conftest import tables as tables
