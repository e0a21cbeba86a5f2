"""Connectors: how each is, and its files that wait for a person."""

from flask import Response

from api.console.calls import path_of
from api.console.console import Console
from api.console.shown import number
from api.console.visit import Visit
from api.language.current import say


def add_to(console: Console) -> None:
    """Its pages and buttons."""
    one = "/operations/connectors/<connector>"
    file = f"{one}/<file>"
    console.page("/operations", needs="connectors_listed")(connectors)
    console.page(one, needs="connectors_list_files")(one_connector)
    console.page(file, needs="connectors_show_file")(one_file)
    console.action(f"{file}/replay", needs="connectors_replay_file")(replay_file)
    console.action(f"{file}/drop", needs="connectors_drop_file")(drop_file)


def connectors(visit: Visit) -> Response:
    return visit.show("operations/connectors.html", connectors=visit.get("/v1/connectors")["connectors"])


def one_connector(visit: Visit, connector: str) -> Response:
    files = visit.get(path_of("v1", "connectors", connector, "files"))["files"]
    every = {item["name"]: item for item in visit.get("/v1/connectors")["connectors"]}
    if connector not in every:  # it was taken away a moment ago
        return visit.go(visit.link("operations"))
    return visit.show("operations/connector.html", files=files, item=every[connector])


def one_file(visit: Visit, connector: str, file: str) -> Response:
    shown = visit.get(path_of("v1", "connectors", connector, "files", file))
    return visit.show("operations/connector_file.html", connector=connector, shown=shown)


def replay_file(visit: Visit, connector: str, file: str) -> Response:
    """Back to the file if there is something wrong with it still."""
    answer = visit.change("POST", path_of("v1", "connectors", connector, "files", file, "replay"))
    here = visit.link("operations", "connectors", connector)
    if answer.problem is not None:
        return visit.after(answer, here, "")
    turn = answer.json
    if turn["busy"]:
        visit.tell(say("Another process works on this connector: try again in a moment"), tone="warn")
    elif turn.get("error"):
        visit.tell(turn["error"], tone="bad")
    elif any(message["quarantined"] for message in turn["messages"]):
        visit.tell(say("There is still something wrong with it"), tone="bad")
        return visit.go(visit.link("operations", "connectors", connector, file))
    elif turn["messages"]:
        rows = sum(message["applied"] for message in turn["messages"])
        visit.tell(say("It was taken over. Rows that changed something: {rows}", rows=number(rows)))
    else:
        visit.tell(say("It was sent again. Records that went out: {records}", records=number(turn["sent"])))
    return visit.go(here)


def drop_file(visit: Visit, connector: str, file: str) -> Response:
    answer = visit.change("DELETE", path_of("v1", "connectors", connector, "files", file))
    return visit.after(
        answer, visit.link("operations", "connectors", connector), say("The file {file} is deleted", file=file)
    )
