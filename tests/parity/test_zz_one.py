import json, pathlib, pytest


@pytest.mark.parametrize("source", json.loads(pathlib.Path("/tmp/cases.json").read_text()))
async def test_one(library, source):
    await library.assert_agreement(source)
