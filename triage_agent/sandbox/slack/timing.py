"""How long Slack waits, in seconds, as documented; tests shorten it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """`answer`: for an acknowledgement; `trigger`, `ticket`, `hook`: that each is good for.

    `connection`: a socket's life; `warning`: how long before its end its client is told;
    `ping`: from one ping to the next.
    """

    answer: float = 3
    trigger: float = 3
    ticket: float = 30
    hook: float = 1800
    connection: float = 18_060
    warning: float = 10
    ping: float = 2
