"""What can go wrong."""


class AbideError(Exception):
    """The agent has refused, or there is no answer. `code` is one of docs/local-endpoint.md, or of this library."""

    def __init__(self, code, description, case=None):
        super().__init__(description)
        self.code = code
        self.case = case


class AgentNotRunning(AbideError):
    """No agent answers. `code` is `agent_not_running`."""

    def __init__(self, description):
        super().__init__("agent_not_running", f"{description} Start Abide from the menu, or run `abide agent`.")


class AgentNotProved(AbideError):
    """The answer is not signed with this key. `code` is `agent_not_proved`. Nothing of it was used."""

    def __init__(self):
        super().__init__(
            "agent_not_proved",
            "The answer is not signed with this client key. Another program may have Abide's port: run `abide doctor`. Or the key "
            "was revoked: run `abide clients list`.",
        )
