"""A local Salesforce, Slack and model that the real clients can't tell from the vendors'."""
