"""Following dbt: its JSON log becomes progress and complaints."""

import json

from operations.dbt.runner import _follow


def event(level: str = "info", msg: str = "", **data: object) -> str:
    return json.dumps({"info": {"level": level, "msg": msg}, "data": data})


def test_finished_nodes_are_progress_and_errors_are_kept() -> None:
    seen: list[tuple[str, int, int]] = []
    node = {"node_name": "shop__orders"}
    lines = [
        "not json",
        event(status="RUN", index=1, total=2, node_info=node),
        event(status="OK", index=1, total=2, node_info=node),
        event("error", "Failure in test x"),
    ]
    said = list(_follow(lines, lambda *step: seen.append(step)))
    assert seen == [("shop__orders", 1, 2)]
    assert said == ["Failure in test x"]
