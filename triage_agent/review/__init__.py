"""What people decide about items: who may, once, on the record; and Slack, where they do it."""
