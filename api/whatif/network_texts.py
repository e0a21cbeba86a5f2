"""A network folder whose files were sent as texts."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from api.files.inventory_folder import load_inventory
from engine.errors import InputInvalid, Mistake
from engine.model.facts import Inventory
from engine.simulation.job import JobNetwork

FILES: Final = ("network.yaml", "products.csv", "stock.csv", "postcodes.csv")
NEEDED: Final = FILES[:3]
_FIELD = "network_file.files"


def inventory_of(sent: JobNetwork) -> Inventory:
    """Raises InputInvalid with each mistake of the files, by file and line."""
    mistakes = [
        Mistake(field=_FIELD, message=f"'{name}' is no file of a network; these are {', '.join(FILES)}")
        for name in sent.files
        if name not in FILES
    ]
    mistakes += [Mistake(field=_FIELD, message=f"{name} is missing") for name in NEEDED if name not in sent.files]
    if mistakes:
        raise InputInvalid(mistakes)
    with TemporaryDirectory(prefix="pointsman-") as folder:
        for name, text in sent.files.items():
            (Path(folder) / name).write_bytes(text.encode())
        try:
            return load_inventory(Path(folder))
        except InputInvalid as error:
            raise InputInvalid(_of_request(mistake, f"{folder}/") for mistake in error.mistakes) from None


def _of_request(mistake: Mistake, folder: str) -> Mistake:
    """The mistake as whoever sent the texts knows the files, at the field of the request."""
    named = replace(mistake, where=mistake.where.replace(folder, ""), message=mistake.message.replace(folder, ""))
    return Mistake(field=_FIELD, message=str(named))
