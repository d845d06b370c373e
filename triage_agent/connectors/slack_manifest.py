SCOPES = ("chat:write", "channels:history", "groups:history")
HISTORIES = ("channels:history", "groups:history")
