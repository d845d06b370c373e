"""How Slack refuses."""


class SlackError(Exception):
    """`ok: false` with this error, and whatever else the answer says."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **more}
