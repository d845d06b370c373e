"""Slack's Web API on a workspace of our own: methods in `routes`, the block limits in `blocks`."""
