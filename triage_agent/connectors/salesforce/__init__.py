"""Salesforce: reading what the page allows, writing in collections."""
