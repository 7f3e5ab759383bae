"""Who plans and runs statements: planners in the gateway, and the engine process that it sends plans to."""
