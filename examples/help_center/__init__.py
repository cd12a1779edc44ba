"""A help centre: the models, repositories, migrations and web app of a small real application."""
