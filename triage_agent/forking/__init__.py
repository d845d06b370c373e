"""Another workflow's project, made from its owner's answers to the ten questions of the page."""
