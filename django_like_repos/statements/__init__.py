"""What a query is said by in SQL."""
