"""As much of a chat completion as we read. Servers tell more or less; what we need is checked."""

from pydantic import BaseModel


class Message(BaseModel):
    """What the model said: the form, or that it declines."""

    content: str | None = None
    refusal: str | None = None


class Choice(BaseModel):
    message: Message = Message()
    finish_reason: str | None = None


class Details(BaseModel):
    cached_tokens: int | None = None


class Usage(BaseModel):
    """What the answer took, in tokens; what a server doesn't tell counts as nothing."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: Details | None = None

    def tokens(self) -> dict[str, int]:
        """The names that a `Call` has for them."""
        details = self.prompt_tokens_details or Details()
        return {
            "input_tokens": self.prompt_tokens or 0,
            "cached_tokens": details.cached_tokens or 0,
            "output_tokens": self.completion_tokens or 0,
        }


class Completion(BaseModel):
    """An answer; `model` is the name that it gives itself."""

    model: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
