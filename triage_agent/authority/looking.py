"""What an evaluation may ask of the systems that it tried the agent on: what they hold now."""

from triage_agent.authority.wire import REST, Hosts, Request, is_login


class Looking:
    """`Wire`'s stand-in: queries and what was said in channels, whatever the page gives."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def refuses(self, request: Request) -> str | None:
        """Why a request may not leave, in words without any value of its own; None: it may."""
        if request.host not in self._hosts[request.system]:
            return f"{request.host} is not the host of {request.system}"
        looks = {"salesforce": self._salesforce, "slack": self._slack}.get(request.system)
        if looks is None or not looks(request):
            return f"{request.method} {request.path} does more than look"
        return None

    def writes(self, _request: Request) -> bool:
        """Never: so a pause holds none of it back."""
        return False

    def _salesforce(self, request: Request) -> bool:
        if is_login(request.path):
            return request.method == "POST"
        found = REST.fullmatch(request.path)
        return bool(found) and request.method == "GET"

    def _slack(self, request: Request) -> bool:
        called = request.path.rpartition("/api/")[2]
        return called in ("auth.test", "conversations.history", "conversations.replies")
