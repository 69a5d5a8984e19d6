"""The JSON shapes of OpenAI's chat interface, with the citations of ours."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.contract import CitationShape


class Part(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: str = ""


class RequestMessage(BaseModel):
    """A message of the conversation."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """What it says, its text parts joined."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or () if part.type == "text")


class StreamOptions(BaseModel):
    """Whether the last chunk counts tokens."""

    include_usage: bool | None = False


class ChatRequest(BaseModel):
    """A conversation; its last user message is the question.

    Parameters of sampling and tools are accepted and have no effect: answers are quoted, not
    sampled.
    """

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "model": "coursegraph",
                    "messages": [{"role": "user", "content": "什么是反向传播？"}],
                }
            ]
        },
    )

    model: str
    messages: list[RequestMessage]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = 1

    @field_validator("n")
    @classmethod
    def _one(cls, number: int | None) -> int | None:
        if number not in {None, 1}:
            raise ValueError("one answer is given; leave n at 1")
        return number

    @field_validator("messages")
    @classmethod
    def _asks(cls, messages: list[RequestMessage]) -> list[RequestMessage]:
        asked = next((one for one in reversed(messages) if one.role == "user"), None)
        if asked is None:
            raise ValueError("no message has the role user")
        parts = asked.content if isinstance(asked.content, list) else []
        unread = sorted({part.type for part in parts if part.type != "text"})
        if unread:
            raise ValueError(f"parts of type {', '.join(unread)} are not read; send text")
        return messages

    @property
    def asked(self) -> str:
        """The last message of the user."""
        return next(one.text for one in reversed(self.messages) if one.role == "user")

    @property
    def counts_tokens(self) -> bool:
        """Whether a stream ends with its usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


class UrlCitation(BaseModel):
    """Where the cited place is shown, and the part of the answer that first rests on it."""

    url: str
    title: str
    start_index: int
    end_index: int


class Annotation(BaseModel):
    """A source as OpenAI's own interface gives it; chat front ends list them."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Usage(BaseModel):
    """Estimated tokens: one for every four bytes of the text in UTF-8."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ReplyMessage(BaseModel):
    """The answer; ``abstained`` is true when the material does not say."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]
    citations: list[CitationShape]
    abstained: bool


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0] = 0
    message: ReplyMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Completion(BaseModel):
    """OpenAI's chat completion with our citations."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    citations: list[CitationShape]
    abstained: bool


class ModelShape(BaseModel):
    """A model that can be asked."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["coursegraph"] = "coursegraph"


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ModelShape] = Field(default_factory=list)
