"""MATCH_RECOGNIZE: the automaton of a pattern, conditions that look back, and the step that gives matches."""
