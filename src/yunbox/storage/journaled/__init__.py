"""LMDB whose commits are durable by one write to a journal: what lies where, and what a crash leaves of it.

LMDB flushes twice a commit: the pages that were changed, which lie all over its file, and then the page that names
them. Here a transaction is first written to a journal, in one piece behind the one before it, and flushed once; LMDB
then commits without a flush. Every so often a checkpoint flushes LMDB's file and keeps its two first pages, which name
all others.

A process that is killed leaves LMDB as it was committed. A machine that loses its power leaves any of the pages that
were written since the checkpoint, and no others: readers of the checkpoint's snapshot, its pins, are kept, so that LMDB
never uses a page of it again. So the two pages are put back, and what the journal has since then is done once more.
"""
