"""How a query is said in SQL. Floor 2: the only place that builds SQLAlchemy statements."""
