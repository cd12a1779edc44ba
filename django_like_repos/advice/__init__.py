"""What a database's plan of a chain tells: its dear steps, the calls that they are due to, indexes that lack."""
