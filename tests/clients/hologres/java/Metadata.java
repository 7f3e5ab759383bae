import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What the JDBC driver says of a schema: one line for each row of each of its questions, or why it failed. */
public class Metadata {
    interface Question {
        ResultSet ask() throws SQLException;
    }

    static void show(String name, Question question, String... labels) {
        try (ResultSet rows = question.ask()) {
            StringBuilder line = new StringBuilder(name);
            while (rows.next()) {
                line.append(" |");
                for (String label : labels) {
                    line.append(' ').append(rows.getString(label));
                }
            }
            System.out.println(line);
        } catch (SQLException error) {
            System.out.println(name + " FAILED " + error.getMessage().replace('\n', ' '));
        }
    }

    public static void main(String[] args) throws SQLException {
        try (Connection connection = DriverManager.getConnection(args[0], args[1], args[2])) {
            DatabaseMetaData of = connection.getMetaData();
            String schema = args[3];
            show("catalogs", of::getCatalogs, "TABLE_CAT");
            show("schemas", () -> of.getSchemas(null, schema), "TABLE_SCHEM");
            show("tables", () -> of.getTables(null, schema, "%", new String[] {"TABLE", "VIEW"}),
                "TABLE_NAME", "TABLE_TYPE", "REMARKS");
            show("all tables", () -> of.getTables(null, schema, "%", null), "TABLE_NAME", "TABLE_TYPE");
            show("columns", () -> of.getColumns(null, schema, "plain", "%"),
                "COLUMN_NAME", "TYPE_NAME", "DATA_TYPE", "COLUMN_SIZE", "DECIMAL_DIGITS", "IS_NULLABLE", "COLUMN_DEF");
            show("keys", () -> of.getPrimaryKeys(null, schema, "plain"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME");
            show("indexes", () -> of.getIndexInfo(null, schema, "plain", false, false),
                "INDEX_NAME", "NON_UNIQUE", "COLUMN_NAME");
            show("imported", () -> of.getImportedKeys(null, schema, "plain"), "FK_NAME");
            show("exported", () -> of.getExportedKeys(null, schema, "plain"), "FK_NAME");
            show("row identifier", () -> of.getBestRowIdentifier(null, schema, "plain", 0, true), "COLUMN_NAME");
            show("table privileges", () -> of.getTablePrivileges(null, schema, "plain"), "PRIVILEGE");
            show("column privileges", () -> of.getColumnPrivileges(null, schema, "plain", "id"), "PRIVILEGE");
            show("procedures", () -> of.getProcedures(null, schema, "%"), "PROCEDURE_NAME");
            show("functions", () -> of.getFunctions(null, "pg_catalog", "abs"), "FUNCTION_NAME");
            show("function columns", () -> of.getFunctionColumns(null, "pg_catalog", "lower", "%"), "TYPE_NAME");
            show("own types", () -> of.getUDTs(null, schema, "%", null), "TYPE_NAME");
            show("versions", () -> of.getVersionColumns(null, schema, "plain"), "COLUMN_NAME");
            show("table types", of::getTableTypes, "TABLE_TYPE");
            try (Statement statement = connection.createStatement();
                 ResultSet rows = statement.executeQuery("select * from " + schema + ".plain")) {
                System.out.println("a column " + rows.getMetaData().getTableName(1) + " "
                    + rows.getMetaData().getColumnTypeName(4) + " " + rows.getMetaData().isAutoIncrement(1)
                    + " " + rows.getMetaData().isNullable(1));
            }
            ResultSet types = of.getTypeInfo();
            boolean known = false;
            while (types.next()) {
                known |= types.getString("TYPE_NAME").equals("uuid");
            }
            System.out.println("types " + known);
        }
    }
}
