"""Who may do what in a project: grants, the security language, both over REST."""
