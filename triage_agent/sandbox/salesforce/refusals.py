"""How the sandbox's Salesforce says no: the documented code, status and message of each error."""

from collections.abc import Sequence
from http import HTTPStatus

Json = dict[str, object]


class Refusal(Exception):
    """One error of the REST API; `fields` only where a record's data is at fault."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = HTTPStatus.BAD_REQUEST,
        fields: Sequence[str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = int(status)
        self.fields = fields

    def as_answer(self) -> list[Json]:
        """The body of a whole request that failed."""
        body: Json = {"message": self.message, "errorCode": self.code}
        return [body if self.fields is None else {**body, "fields": list(self.fields)}]

    def as_row(self) -> Json:
        """The result of one record of a collection."""
        error = {
            "statusCode": self.code,
            "message": self.message,
            "fields": list(self.fields or ()),
        }
        return {"success": False, "errors": [error]}


def not_found() -> Refusal:
    return Refusal("NOT_FOUND", "The requested resource does not exist", status=404)


def unknown_object(name: str) -> Refusal:
    return Refusal("INVALID_TYPE", f"sObject type '{name}' is not supported.")


def unknown_column(field: str, entity: str) -> Refusal:
    """A query names a field that the object lacks."""
    return Refusal("INVALID_FIELD", f"No such column '{field}' on entity '{entity}'.")


def malformed_query(message: str) -> Refusal:
    return Refusal("MALFORMED_QUERY", message)


def bad_json(message: str) -> Refusal:
    return Refusal("JSON_PARSER_ERROR", message)


def bad_reference() -> Refusal:
    return Refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=())


def deleted() -> Refusal:
    return Refusal("ENTITY_IS_DELETED", "entity is deleted", status=404, fields=())
