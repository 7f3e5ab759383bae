"""A job in several processes: which of them has a key, what they say to each other, and what each of them does.

The job's own process (``job``) reads the sources, hands each step that has a key its rows by key, gathers what comes
back, and alone writes the state (``team``). The others, its workers, hold the state of their keys in memory and work on
it; what changed they hand over at the end of an epoch, and what is not in memory they read from the same files
(``worker``, ``kept``). So there is one transaction an epoch, as with one process, and nothing to agree on.
"""
