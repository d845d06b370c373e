"""Chat completions: the protocol in `routes` and `requests`, who answers them in `baseline`."""
