import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Flink's own JDBC driver: what it opens, asks and is told. */
public class Jdbc {
    public static void main(String[] args) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:flink://" + args[0]);
                Statement statement = connection.createStatement()) {
            say("catalog", connection.getCatalog());
            say("schema", connection.getSchema());
            DatabaseMetaData data = connection.getMetaData();
            say("product", data.getDatabaseProductName() + " " + data.getDatabaseProductVersion());
            say("set", statement.execute("SET 'execution.runtime-mode' = 'batch'"));
            say("create", statement.execute("CREATE TABLE nowhere (k BIGINT, v STRING) WITH ('connector' = 'blackhole');"));
            say("tables", shown(statement, "SHOW TABLES"));
            say("values", all(statement.executeQuery(
                    "SELECT * FROM (VALUES (1, 'a', 1.5, TRUE), (2, CAST(NULL AS STRING), 2.25, FALSE)) AS t(i, s, d, b) ORDER BY i DESC")));
            say("types", types(statement.executeQuery(
                    "SELECT CAST(1 AS BIGINT) AS l, CAST('x' AS STRING) AS s, CAST(1.5 AS DECIMAL(10, 2)) AS d,"
                            + " TIMESTAMP '2024-01-02 03:04:05.678' AS t, DATE '2024-01-02' AS e, CAST(2 AS DOUBLE) AS f")));
            say("sum", all(statement.executeQuery(
                    "SELECT k, SUM(v) AS s FROM (VALUES ('a', 1), ('b', 2), ('a', 3)) AS t(k, v) GROUP BY k ORDER BY k")));
            say("insert", statement.execute("INSERT INTO nowhere VALUES (1, 'a')"));
            say("describe", shown(statement, "DESCRIBE nowhere"));
            say("wrong", failure(statement, "SELECTED 1"));
            say("missing", failure(statement, "SELECT * FROM nothing"));
            say("schemas", all(data.getSchemas()));
        }
    }

    private static void say(String name, Object value) {
        System.out.println(name + "=" + value);
    }

    /** What is no query has rows all the same. */
    private static String shown(Statement statement, String sql) throws SQLException {
        return statement.execute(sql) ? all(statement.getResultSet()) : "nothing";
    }

    private static String failure(Statement statement, String sql) {
        try {
            statement.execute(sql);
            return "none";
        } catch (SQLException | RuntimeException error) {
            Throwable cause = error;
            StringBuilder text = new StringBuilder();
            while (cause != null) {
                text.append(cause.getMessage()).append(' ');
                cause = cause.getCause();
            }
            String all = text.toString().replace('\n', ' ');
            return all.contains("SQL parse failed") ? "parse" : all.contains("nothing' not found") ? "not found" : all;
        }
    }

    private static String types(ResultSet rows) throws SQLException {
        ResultSetMetaData data = rows.getMetaData();
        List<String> found = new ArrayList<>();
        rows.next();
        for (int column = 1; column <= data.getColumnCount(); column++) {
            found.add(data.getColumnName(column) + ":" + data.getColumnTypeName(column) + ":" + rows.getObject(column));
        }
        return String.join(" ", found);
    }

    private static String all(ResultSet rows) throws SQLException {
        List<String> found = new ArrayList<>();
        int width = rows.getMetaData().getColumnCount();
        while (rows.next()) {
            List<String> row = new ArrayList<>();
            for (int column = 1; column <= width; column++) {
                row.add(String.valueOf(rows.getObject(column)));
            }
            found.add(String.join(",", row));
        }
        rows.close();
        return String.join("|", found);
    }
}
