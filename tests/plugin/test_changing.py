"""Samples made to fit."""

from typing import Any

import pytest

from django_chakra.testing import changing, samples

CALL = {
    "entry": [
        {
            "id": "2000",
            "time": 1_700_000_000,
            "messages": [
                {"id": "wamid.1", "timestamp": "1700000000", "text": {"body": "a"}},
                {
                    "id": "wamid.2", "timestamp": 1_700_000_010_000, "text": {"body": "b"},
                    "context": {"id": "wamid.1"}, "reaction": {"message_id": "wamid.0"},
                },
            ],
        }
    ]
}  # fmt: skip


def put(path: str, value: Any = "new") -> Any:
    """The objects below the messages' list, after a change."""
    return changing.changed(CALL, path, lambda old: value)["entry"][0]


@pytest.mark.parametrize(
    ("path", "bodies"),
    [
        ("text.body", ["new", "new"]),
        ("body", ["new", "new"]),
        ("messages.text.body", ["new", "new"]),
        ("messages.1.text.body", ["a", "new"]),
        ("entry.messages.0.text.body", ["new", "b"]),
        ("entry.0.messages.0.text.body", ["new", "b"]),
    ],
)
def test_a_path_is_meant_wherever_it_stands(path: str, bodies: list[str]) -> None:
    """Numbers of lists may be left out, or choose."""
    assert [message["text"]["body"] for message in put(path)["messages"]] == bodies
    assert CALL["entry"][0]["messages"][0]["text"] == {"body": "a"}  # type: ignore[index]


def test_a_whole_list_has_a_path_and_so_has_one_of_its_items() -> None:
    """Its name is the list's, not that of each item."""
    assert put("entry.messages") == {"id": "2000", "time": 1_700_000_000, "messages": "new"}
    assert put("messages.1")["messages"][1] == "new"


def test_a_key_that_is_not_there_is_added() -> None:
    """To each object that the path before it names."""
    assert [one["text"]["more"] for one in put("text.more")["messages"]] == ["new", "new"]
    assert [one["more"] for one in put("messages.more")["messages"]] == ["new", "new"]


@pytest.mark.parametrize("path", ["nowhere", "nowhere.body", "text.nowhere.body", "id.more", ""])
def test_a_path_that_leads_nowhere_is_an_error(path: str) -> None:
    """And not a change that nobody sees."""
    with pytest.raises(KeyError):
        put(path)


def test_times_move_together() -> None:
    """The newest becomes now; distances stay, and so does how a time is written."""
    messages = changing.timely(CALL, 1_800_000_000.5)["entry"][0]["messages"]
    assert [one["timestamp"] for one in messages] == ["1799999990", 1_800_000_000_000]
    assert changing.timely({"a": [1]}, 1_800_000_000) == {"a": [1]}


def test_messages_have_new_ids_and_what_names_them_follows() -> None:
    """What is answered keeps its id, but for what is in the document itself."""
    first, second = changing.renamed(CALL)["entry"][0]["messages"]
    assert first["id"] not in ("wamid.1", second["id"])
    assert first["id"].startswith("wamid.")
    assert second["context"] == {"id": first["id"]}
    assert second["reaction"] == {"message_id": "wamid.0"}
    assert changing.renamed(CALL)["entry"][0]["id"] == "2000"


def test_chakras_ids_are_new_too() -> None:
    """A message in Chakra's format has three."""
    old = samples.load("chakra/message__text")["payload"]
    new = changing.renamed({"payload": old})["payload"]
    assert new["messageId"] != old["messageId"]
    assert new["externalId"] == new["message"]["id"] != old["externalId"]
