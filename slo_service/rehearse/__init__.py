"""Timeline cases run against one's own definitions: the real evaluator and policy engine under a made clock."""
