SCOPES = ("chat:write", "channels:history", "groups:history")
