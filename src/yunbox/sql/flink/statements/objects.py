"""CREATE, ALTER and DROP of catalogs, databases and functions."""

from yunbox.sql.flink.errors import UnsupportedSql
from yunbox.sql.flink.statements.tables import TableParser
from yunbox.sql.flink.statements.tree import (
    AlterDatabase,
    CreateCatalog,
    CreateDatabase,
    CreateFunction,
    DropCatalog,
    DropDatabase,
    DropFunction,
    Refused,
    Statement,
)

_ABSENT = ("MODEL", "MATERIALIZED", "CONNECTION", "SECRET")


class ObjectParser(TableParser):
    """Reads statements about what is not a table."""

    def create(self) -> Statement:
        """What stands behind CREATE."""
        or_replace = self.word("OR", "REPLACE")
        temporary = self.one_of("TEMPORARY") != ""
        system = self.one_of("SYSTEM") != "" if temporary else False
        if self.word("TABLE"):
            return self.create_table(temporary=temporary, or_replace=or_replace)
        if self.word("VIEW"):
            return self.create_view(temporary=temporary)
        if self.word("CATALOG"):
            return self._create_catalog()
        if self.word("DATABASE"):
            return self._create_database()
        if self.word("FUNCTION"):
            return self._create_function(temporary=temporary, system=system)
        return self._refused("CREATE")

    def _refused(self, verb: str) -> Statement:
        if not self.is_word(*_ABSENT):
            self.fail()
        word = self.take().upper
        while self.token.kind != "end":
            self.take()
        return Refused(f"{verb} {'MATERIALIZED TABLE' if word == 'MATERIALIZED' else word}")

    def drop(self) -> Statement:
        """What stands behind DROP."""
        temporary = self.one_of("TEMPORARY") != ""
        system = self.one_of("SYSTEM") != "" if temporary else False
        if (word := self.one_of("TABLE", "VIEW")) != "":
            return self.drop_table(view=word == "VIEW", temporary=temporary)
        if self.word("CATALOG"):
            if_exists = self.word("IF", "EXISTS")
            return DropCatalog(self.name(), if_exists)
        if self.word("DATABASE"):
            if_exists = self.word("IF", "EXISTS")
            path = self.path()
            return DropDatabase(path, if_exists, self.one_of("CASCADE", "RESTRICT") == "CASCADE")
        if self.word("FUNCTION"):
            if_exists = self.word("IF", "EXISTS")
            return DropFunction(self.path(), temporary, system, if_exists)
        return self._refused("DROP")

    def alter(self) -> Statement:
        """What stands behind ALTER."""
        temporary = self.one_of("TEMPORARY") != ""
        system = self.one_of("SYSTEM") != "" if temporary else False
        if self.word("TABLE"):
            return self.alter_table()
        if self.word("VIEW"):
            return self.alter_view()
        if self.word("DATABASE"):
            path = self.path()
            self.expect_word("SET")
            return AlterDatabase(path, self.options())
        if self.word("FUNCTION"):
            return self._create_function(temporary=temporary, system=system, alter=True)
        if self.word("CATALOG"):
            return Refused("ALTER CATALOG")
        return self._refused("ALTER")

    def _create_catalog(self) -> Statement:
        if_not_exists = self.word("IF", "NOT", "EXISTS")
        name = self.name()
        comment = self.string() if self.word("COMMENT") else ""
        options = self.options() if self.word("WITH") else {}
        return CreateCatalog(name, options, comment, if_not_exists)

    def _create_database(self) -> Statement:
        if_not_exists = self.word("IF", "NOT", "EXISTS")
        path = self.path()
        comment = self.string() if self.word("COMMENT") else ""
        options = self.options() if self.word("WITH") else {}
        return CreateDatabase(path, options, comment, if_not_exists)

    def _create_function(self, *, temporary: bool, system: bool, alter: bool = False) -> Statement:
        if_not_exists = self.word("IF", "EXISTS") if alter else self.word("IF", "NOT", "EXISTS")
        path = self.path()
        self.expect_word("AS")
        class_name = self.string()
        language, jars = "JAVA", []
        if self.word("LANGUAGE"):
            language = self.one_of("JAVA", "SCALA", "PYTHON") or self.fail()
        if self.word("USING"):
            jars.append(self._resource())
            while self.mark(","):
                jars.append(self._resource())
        if self.word("WITH"):
            raise UnsupportedSql("CREATE FUNCTION ... WITH (...)", self.text, self.since(self.at))
        return CreateFunction(path, class_name, language, temporary, system, if_not_exists, tuple(jars), alter)

    def _resource(self) -> str:
        self.one_of("JAR", "FILE", "ARTIFACT") or self.fail()
        return self.string()
