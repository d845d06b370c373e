"""Salesforce's REST API on an org of our own: paths in `routes`, rules in `records`, SOQL."""
