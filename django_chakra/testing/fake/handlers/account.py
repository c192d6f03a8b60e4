"""What belongs to the team: its plugin, numbers, accounts, connect tokens, key of Flows."""

from __future__ import annotations

from ..handling import Call, handles
from ..replies import data, missing, raw, sample
from ..wire import Reply


@handles("health.check", "config.fetch")
def as_sampled(call: Call) -> Reply:
    """The sample: nothing changes it."""
    return Reply.of(sample(call.endpoint.sample))


@handles("plugin_config.read")
def read_configuration(call: Call) -> Reply:
    """The plugin's."""
    return data(call.state.plugin_configuration)


@handles("plugin_config.update")
def update_configuration(call: Call) -> Reply:
    """Change it. What is not named stays; whether the platform does so is unknown."""
    call.state.plugin_configuration.update(call.body)
    return Reply.of(sample("plugin_config.update"))


@handles("phone_numbers.list")
def list_numbers(call: Call) -> Reply:
    """All numbers of the team."""
    keys = sample("phone_numbers.list")["_data"][0].keys()
    return data([{key: one.get(key) for key in keys} for one in call.state.numbers.values()])


@handles("phone_numbers.get")
def get_number(call: Call) -> Reply:
    """One, with its health."""
    keys = sample("phone_numbers.get")["_data"].keys()
    number = call.state.numbers[call.places["phone_number_id"]]
    return data({key: number.get(key) for key in keys})


@handles("business_accounts.list")
def list_accounts(call: Call) -> Reply:
    """The accounts of the plugin."""
    if call.query["pluginId"] != call.fake.plugin_id:
        missing("Plugin", call.query["pluginId"])
    return data(list(call.state.business_accounts.values()))


@handles("partner.create_connect_token")
def create_connect_token(call: Call) -> Reply:
    """A token for the plugin, or for one to be made."""
    plugin = call.body.get("pluginId", call.fake.plugin_id)
    if plugin != call.fake.plugin_id:
        missing("Plugin", plugin)
    token = f"FAKE-CONNECT-{call.fake.ids.number()}"
    call.state.connect_tokens[token] = call.body
    return data({"connectToken": token})


@handles("partner.disconnect_waba")
def disconnect(call: Call) -> Reply:
    """The account is there, and not connected any more."""
    call.state.business_accounts[call.places["waba_id"]]["chakraStatus"] = "DISCONNECTED"
    return Reply.of(sample("partner.disconnect_waba"))


@handles("flows_key.set")
def set_key(call: Call) -> Reply:
    """The public key of a number's Flows."""
    call.state.flows_keys[call.places["phone_number_id"]] = call.body["business_public_key"]
    return raw(sample("flows_key.set"))


@handles("flows_key.get")
def get_key(call: Call) -> Reply:
    """The same; none is an empty list."""
    key = call.state.flows_keys.get(call.places["phone_number_id"])
    known = {**sample("flows_key.get")["data"][0], "business_public_key": key}
    return raw({"data": [known] if key else []})
