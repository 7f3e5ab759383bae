"""Dynamic tables: tables of the rows that a query gives, which are found anew by themselves."""
