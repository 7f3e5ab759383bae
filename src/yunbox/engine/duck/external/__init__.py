"""External tables: the objects of a location as a relation, and a query's rows as files for one."""
