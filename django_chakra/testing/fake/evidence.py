"""How well each endpoint is known: its page of documentation, its path, and its answer.

Pages are ids of https://apidocs.chakrahq.com ("api-11312774") or names of pages of
https://docs.chakrahq.com; "" where there is none. The words for paths are those of docs/api.md.
"""

from __future__ import annotations

from typing import NamedTuple

DOCUMENTED = "documented"
SDK = "official SDK"
NODE = "official n8n node"
FIELD = "seen in the field"
VERB_ONLY = "verb only, path unknown"
NAME_ONLY = "name only, verb and path unknown"
#: Of answers: Meta's own, should they be handed through; and a guess.
META = "Meta's"
GUESS = "unverified"


class Evidence(NamedTuple):
    """Where an endpoint is known from."""

    page: str
    path: str
    #: Of the sample.
    answer: str


EVIDENCE: dict[str, Evidence] = {
    "template_messages.send": Evidence("api-11312774", DOCUMENTED, SDK),
    "template_messages.send_for_process": Evidence("api-11312599", DOCUMENTED, GUESS),
    "session_messages.send": Evidence("api-22547477", DOCUMENTED, DOCUMENTED),
    "message_templates.create": Evidence("api-17615301", DOCUMENTED, DOCUMENTED),
    "message_templates.list": Evidence("api-17615391", FIELD, FIELD),
    "message_templates.update": Evidence("api-17615603", DOCUMENTED, META),
    "message_templates.delete": Evidence("api-17615391", FIELD, GUESS),
    "flows_key.set": Evidence("api-26919938", VERB_ONLY, META),
    "flows_key.get": Evidence("api-26920714", VERB_ONLY, META),
    "chats.list": Evidence("api-23827369", DOCUMENTED, FIELD),
    "chats.messages": Evidence("api-23827415", DOCUMENTED, GUESS),
    "chats.previous_messages": Evidence("api-22749108", DOCUMENTED, GUESS),
    "campaigns.add_phone_number": Evidence("api-27595176", VERB_ONLY, GUESS),
    "campaigns.remove_phone_number": Evidence("", NAME_ONLY, GUESS),
    "media.upload_public": Evidence("api-11313630", DOCUMENTED, DOCUMENTED),
    "media.fetch": Evidence("api-20534427", DOCUMENTED, FIELD),
    "media.show": Evidence("api-20534488", FIELD, FIELD),
    "media.attachments": Evidence("", FIELD, FIELD),
    "groups.create": Evidence("", NAME_ONLY, META),
    "groups.list": Evidence("", NAME_ONLY, META),
    "groups.get": Evidence("", NAME_ONLY, META),
    "groups.update": Evidence("", NAME_ONLY, META),
    "groups.delete": Evidence("", NAME_ONLY, META),
    "groups.invite_link": Evidence("", NAME_ONLY, META),
    "groups.reset_invite_link": Evidence("", NAME_ONLY, META),
    "groups.join_requests": Evidence("", NAME_ONLY, META),
    "groups.approve_join_requests": Evidence("", NAME_ONLY, META),
    "groups.reject_join_requests": Evidence("", NAME_ONLY, META),
    "groups.remove_participants": Evidence("", NAME_ONLY, META),
    "health.check": Evidence("", NODE, GUESS),
    "config.fetch": Evidence("Fetch config", DOCUMENTED, DOCUMENTED),
    "leads.create": Evidence("api-21235605", DOCUMENTED, GUESS),
    "leads.update_by_phone": Evidence("", VERB_ONLY, GUESS),
    "processes.get": Evidence("api-11375429", DOCUMENTED, DOCUMENTED),
    "processes.list": Evidence("Process, List", DOCUMENTED, DOCUMENTED),
    "processes.create": Evidence("api-11530135", DOCUMENTED, DOCUMENTED),
    "processes.update": Evidence("api-11530500", DOCUMENTED, DOCUMENTED),
    "processes.update_by_key": Evidence("Process, Update by primary key", DOCUMENTED, DOCUMENTED),
    "processes.delete": Evidence("Process, Delete", DOCUMENTED, DOCUMENTED),
    "processes.delete_by_key": Evidence("Process, Delete", DOCUMENTED, DOCUMENTED),
    "processes.bulk_create": Evidence("api-11531004", DOCUMENTED, DOCUMENTED),
    "processes.bulk_update": Evidence("api-11531082", DOCUMENTED, DOCUMENTED),
    "tasks.create": Evidence("api-11531119", DOCUMENTED, GUESS),
    "users.list": Evidence("api-11531149", DOCUMENTED, DOCUMENTED),
    "users.list_v2": Evidence("api-11531150", DOCUMENTED, DOCUMENTED),
    "users.get": Evidence("api-11531158", DOCUMENTED, DOCUMENTED),
    "users.get_v2": Evidence("api-11531166", DOCUMENTED, DOCUMENTED),
    "users.update": Evidence("", NAME_ONLY, GUESS),
    "photos.upload": Evidence("api-11531275", DOCUMENTED, GUESS),
    "photos.upload_with_id": Evidence("api-11531276", DOCUMENTED, GUESS),
    "photos.get": Evidence("", VERB_ONLY, GUESS),
    "background_jobs.get": Evidence("api-11531337", DOCUMENTED, DOCUMENTED),
    "background_jobs.entries": Evidence("api-11531427", DOCUMENTED, DOCUMENTED),
    "partner.create_connect_token": Evidence("api-28220708", FIELD, FIELD),
    "partner.disconnect_waba": Evidence("api-34338973", VERB_ONLY, GUESS),
    "plugin_config.read": Evidence("", FIELD, FIELD),
    "plugin_config.update": Evidence("", FIELD, FIELD),
    "phone_numbers.list": Evidence("", FIELD, FIELD),
    "phone_numbers.get": Evidence("", FIELD, FIELD),
    "business_accounts.list": Evidence("", FIELD, FIELD),
    "calling.settings": Evidence("", SDK, SDK),
    "calling.update_settings": Evidence("", SDK, SDK),
    "calling.permissions": Evidence("", SDK, SDK),
    "calling.connect": Evidence("", SDK, SDK),
}
