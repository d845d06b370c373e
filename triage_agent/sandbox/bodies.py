"""JSON as it comes from strangers."""

import json
from typing import Any


def parsed(body: bytes | str) -> Any:  # noqa: ANN401 - any JSON
    """The content; a `ValueError` where it is no JSON, or holds half a character.

    JSON can spell a lone surrogate, which no answer could then be written with.
    """
    content = json.loads(body)
    json.dumps(content, ensure_ascii=False).encode()
    return content
