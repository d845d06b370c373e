"""Which fields have a security of their own: a permission set that lists another isn't deployed.

Salesforce publishes no such list. This one is what the administrators' profiles and the permission
sets of six public org retrievals leave out, which name every field that has security: whatever a
record can't be saved without, what the platform keeps itself, the parts of a name, and most of an
activity. Whoever may see the object sees these; whoever may edit it sets those that can be set.

A field that belongs here and is missing shows at once: the deployment fails, and names it.
"""

import re

OF_EVERY_OBJECT = frozenset(
    {
        "Id",
        "Name",
        "OwnerId",
        "RecordTypeId",
        "CurrencyIsoCode",
        "MasterRecordId",
        "IsDeleted",
        "CreatedById",
        "CreatedDate",
        "LastActivityDate",
        "LastModifiedById",
        "LastModifiedDate",
        "LastReferencedDate",
        "LastViewedDate",
        "PhotoUrl",
        "SystemModstamp",
    },
)

_OF_A_PERSON = frozenset({"FirstName", "LastName", "MiddleName", "Salutation", "Suffix"})
_BOUNCED = frozenset({"EmailBouncedDate", "EmailBouncedReason"})
_OF_AN_ACTIVITY = frozenset(
    {
        "AccountId",
        "IsArchived",
        "IsRecurrence",
        "IsReminderSet",
        "ReminderDateTime",
        "Subject",
        "WhatCount",
        "WhoCount",
    },
)

WITHOUT_SECURITY = {
    "Lead": _OF_A_PERSON
    | _BOUNCED
    | {
        "Company",
        "ConvertedAccountId",
        "ConvertedContactId",
        "ConvertedDate",
        "ConvertedOpportunityId",
        "FirstCallDateTime",
        "FirstEmailDateTime",
        "IsConverted",
        "IsUnreadByOwner",
        "JigsawContactId",
        "Status",
    },
    "Contact": _OF_A_PERSON | _BOUNCED | {"IsEmailBounced", "JigsawContactId"},
    "Account": _OF_A_PERSON | {"IsCustomerPortal", "IsPartner", "IsPersonAccount"},
    "Opportunity": frozenset(
        {
            "CloseDate",
            "ContactId",
            "FiscalQuarter",
            "FiscalYear",
            "ForecastCategory",
            "ForecastCategoryName",
            "HasOpportunityLineItem",
            "IsClosed",
            "IsWon",
            "Pricebook2Id",
            "StageName",
        },
    ),
    "Case": frozenset(
        {
            "CaseNumber",
            "ContactEmail",
            "ContactFax",
            "ContactMobile",
            "ContactPhone",
            "IsClosed",
            "Status",
        },
    ),
    "Task": _OF_AN_ACTIVITY
    | {
        "CallDisposition",
        "CallDurationInSeconds",
        "CallObject",
        "CallType",
        "CompletedDateTime",
        "IsClosed",
        "IsHighPriority",
        "Priority",
        "Status",
        "TaskSubtype",
    },
    "Event": _OF_AN_ACTIVITY
    | {
        "ActivityDate",
        "ActivityDateTime",
        "DurationInMinutes",
        "EndDateTime",
        "EventSubtype",
        "IsChild",
        "IsGroupEvent",
        "IsPrivate",
        "ShowAs",
        "StartDateTime",
    },
}
"""By object, beside those of every object."""

_PART_OF_ADDRESS = re.compile(
    r"(Billing|Shipping|Mailing|Other|)"
    r"(?:Street|City|State|StateCode|PostalCode|Country|CountryCode|Latitude|Longitude|"
    r"GeocodeAccuracy)",
)


def secured_as(object_name: str, column: str) -> str | None:
    """The field whose security covers a field: its own, an address's for a part of it, or none."""
    if column in OF_EVERY_OBJECT or column in WITHOUT_SECURITY.get(object_name, ()):
        return None
    if part := _PART_OF_ADDRESS.fullmatch(column):
        return f"{part[1]}Address"
    return column
