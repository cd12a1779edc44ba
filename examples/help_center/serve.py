"""Serves the help centre on this machine: `python -m examples.help_center.serve`."""

import uvicorn
from rich.console import Console

from examples.help_center.app import app
from examples.help_center.preparation import prepare
from examples.help_center.settings import database_url

if __name__ == "__main__":
    console = Console()
    prepare(database_url(), console)
    console.print("Try http://127.0.0.1:8000/docs")
    uvicorn.run(app, host="127.0.0.1", port=8000)
