"""Whether an answer has the shape of a sample: its keys, and the types of its values."""

from typing import Any

#: What has keys of the host's own.
FREE = frozenset({"data", "body", "context"})


def differences(sample: Any, given: Any, where: str = "answer") -> list[str]:
    """What is not as in the sample. None stands for any value, and a list may be of any length."""
    if sample is None or given is None:
        return []
    if isinstance(sample, dict) and isinstance(given, dict):
        if where.rpartition(".")[2] in FREE and "id" not in sample:
            return []
        found = [f"{where}.{key} is in one of them" for key in sorted(sample.keys() ^ given.keys())]
        for key in sample.keys() & given.keys():
            found += differences(sample[key], given[key], f"{where}.{key}")
        return found
    if isinstance(sample, list) and isinstance(given, list):
        return [
            wrong for one in given if sample for wrong in differences(sample[0], one, f"{where}[]")
        ]
    same = type(sample) is type(given)
    return [] if same else [f"{where} is {type(given).__name__}, not {type(sample).__name__}"]
