"""The functions of the database (``django.db.models.functions``), as plain expressions; a file a family."""
