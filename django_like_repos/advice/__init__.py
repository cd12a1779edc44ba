"""What a database's plan of a chain tells: dear steps, the calls they are due to, indexes that lack."""
