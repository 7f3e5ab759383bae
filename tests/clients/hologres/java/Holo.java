import com.alibaba.hologres.client.CheckAndPut;
import com.alibaba.hologres.client.Get;
import com.alibaba.hologres.client.HoloClient;
import com.alibaba.hologres.client.HoloConfig;
import com.alibaba.hologres.client.Put;
import com.alibaba.hologres.client.Scan;
import com.alibaba.hologres.client.SortKeys;
import com.alibaba.hologres.client.copy.CopyInOutputStream;
import com.alibaba.hologres.client.copy.CopyMode;
import com.alibaba.hologres.client.copy.CopyUtil;
import com.alibaba.hologres.client.copy.RecordBinaryOutputStream;
import com.alibaba.hologres.client.copy.RecordOutputStream;
import com.alibaba.hologres.client.copy.RecordTextOutputStream;
import com.alibaba.hologres.client.model.Column;
import com.alibaba.hologres.client.model.Record;
import com.alibaba.hologres.client.model.RecordScanner;
import com.alibaba.hologres.client.model.TableSchema;
import com.alibaba.hologres.client.model.WriteMode;
import com.alibaba.hologres.client.model.checkandput.CheckCompareOp;
import com.alibaba.hologres.org.postgresql.copy.CopyManager;
import com.alibaba.hologres.org.postgresql.core.BaseConnection;
import com.alibaba.hologres.org.postgresql.jdbc.PgConnection;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What the vendor's client for Java does with tables: one line for each of its doings, or why it failed. */
public class Holo {
    interface Doing {
        Object done() throws Exception;
    }

    static final int MANY = 5000;
    static String url;
    static String user;
    static String password;
    static boolean fixed;

    static HoloConfig config(WriteMode mode) {
        HoloConfig made = new HoloConfig();
        made.setJdbcUrl(url);
        made.setUsername(user);
        made.setPassword(password);
        made.setWriteMode(mode);
        made.setUseFixedFe(fixed);
        made.setDynamicPartition(true);
        made.setRetryCount(1);
        made.setReadRetryCount(1);
        made.setWriteThreadSize(2);
        made.setReadThreadSize(2);
        made.setAppName("holo-client-test");
        return made;
    }

    static void show(String name, Doing doing) {
        try {
            System.out.println(name + " | " + doing.done());
        } catch (Throwable error) {
            Throwable cause = error;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            System.out.println(name + " FAILED " + String.valueOf(cause.getMessage()).replace('\n', ' '));
        }
    }

    static Put put(TableSchema schema, Object... pairs) {
        Put made = new Put(schema);
        for (int at = 0; at < pairs.length; at += 2) {
            made.setObject((String) pairs[at], pairs[at + 1]);
        }
        return made;
    }

    static String text(Record record) {
        if (record == null) {
            return "null";
        }
        List<String> parts = new ArrayList<>();
        for (Object value : record.getValues()) {
            parts.add(value instanceof byte[] ? Arrays.toString((byte[]) value) : String.valueOf(value));
        }
        return String.join(",", parts);
    }

    static String rows(HoloClient client, String query) throws Exception {
        return client.sql(connection -> {
            StringBuilder found = new StringBuilder();
            try (Statement statement = connection.createStatement(); ResultSet all = statement.executeQuery(query)) {
                int columns = all.getMetaData().getColumnCount();
                while (all.next()) {
                    found.append(found.length() > 0 ? ";" : "");
                    for (int at = 1; at <= columns; ++at) {
                        found.append(at > 1 ? "," : "").append(all.getString(at));
                    }
                }
            }
            return found.toString();
        }).get();
    }

    static Record get(HoloClient client, TableSchema schema, long id) throws Exception {
        return client.get(Get.newBuilder(schema).setPrimaryKey("id", id).build()).get();
    }

    static String columns(TableSchema schema) {
        StringBuilder made = new StringBuilder();
        for (Column one : schema.getColumnSchema()) {
            made.append(made.length() > 0 ? ";" : "").append(one.getName()).append(' ').append(one.getTypeName())
                .append(' ').append(one.getAllowNull()).append(' ').append(one.getPrimaryKey())
                .append(' ').append(one.getDefaultValue()).append(' ').append(one.getPrecision())
                .append(' ').append(one.getScale());
        }
        return made.toString();
    }

    static void described(String schema) throws Exception {
        try (HoloClient client = new HoloClient(config(WriteMode.INSERT_OR_REPLACE))) {
            show("columns", () -> columns(client.getTableSchema(schema + ".plain")));
            show("keys", () -> {
                TableSchema of = client.getTableSchema(schema + ".plain");
                return Arrays.toString(of.getPrimaryKeys()) + " " + Arrays.toString(of.getDistributionKeys()) + " "
                    + of.getOrientation() + " " + of.getPartitionIndex() + " " + of.isPartitionParentTable();
            });
            show("of partitions", () -> {
                TableSchema of = client.getTableSchema(schema + ".parted");
                return Arrays.toString(of.getPrimaryKeys()) + " " + of.getPartitionInfo() + " "
                    + of.isPartitionParentTable() + " " + of.getAutoPartitioning().isEnable();
            });
            show("nowhere", () -> client.getTableSchema(schema + ".nowhere"));
        }
    }

    static void written(String schema) throws Exception {
        try (HoloClient client = new HoloClient(config(WriteMode.INSERT_OR_REPLACE))) {
            TableSchema of = client.getTableSchema(schema + ".plain");
            show("put", () -> {
                client.put(put(of, "id", 1L, "name", "a", "n", new BigDecimal("1.50"), "tags", new String[] {"x", "y"},
                    "at", Timestamp.valueOf("2026-01-02 03:04:05.678"), "ok", true, "body", "{\"a\": 1}",
                    "day", "2026-02-03", "x", 0.5, "raw", new byte[] {0, 1, -1}));
                client.put(put(of, "id", 2L, "name", "b", "n", null));
                client.flush();
                return rows(client, "select * from " + schema + ".plain order by id");
            });
            show("get", () -> text(get(client, of, 1)));
            show("none", () -> text(get(client, of, 99)));
            show("replaced", () -> {
                client.put(put(of, "id", 1L, "name", "a2"));
                client.flush();
                return rows(client, "select id, name, n, ok from " + schema + ".plain where id = 1");
            });
            show("deleted", () -> {
                Put gone = put(of, "id", 2L);
                gone.getRecord().setType(Put.MutationType.DELETE);
                client.put(gone);
                client.flush();
                return rows(client, "select count(*) from " + schema + ".plain");
            });
            show("merged", () -> {
                for (int at = 0; at < 20; ++at) {
                    client.put(put(of, "id", 3L, "name", "v" + at));
                    Put gone = put(of, "id", 4L);
                    gone.getRecord().setType(at % 2 == 0 ? Put.MutationType.DELETE : Put.MutationType.INSERT);
                    if (at % 2 == 1) {
                        gone.setObject("name", "w" + at);
                    }
                    client.put(gone);
                }
                client.flush();
                return rows(client, "select id, name from " + schema + ".plain where id in (3, 4) order by id");
            });
        }
        try (HoloClient client = new HoloClient(config(WriteMode.INSERT_OR_UPDATE))) {
            TableSchema of = client.getTableSchema(schema + ".plain");
            show("updated", () -> {
                client.put(put(of, "id", 1L, "n", new BigDecimal("9.25")));
                client.flush();
                return rows(client, "select id, name, n from " + schema + ".plain where id = 1");
            });
            show("only inserted", () -> {
                for (long id : new long[] {1L, 10L}) {
                    Put made = put(of, "id", id, "n", new BigDecimal("7"));
                    made.setObject(of.getColumnIndex("name"), "first", true);
                    client.put(made);
                }
                client.flush();
                return rows(client, "select id, name, n from " + schema + ".plain where id in (1, 10) order by id");
            });
            show("checked", () -> {
                for (String day : new String[] {"2026-01-05", "2026-01-09", "2026-01-07"}) {
                    CheckAndPut made = new CheckAndPut(of, "day", CheckCompareOp.GREATER, null, "1970-01-01");
                    made.setObject("id", 1L);
                    made.setObject("name", "on " + day);
                    made.setObject("day", day);
                    client.checkAndPut(made);
                    client.flush();
                }
                return rows(client, "select id, name, day from " + schema + ".plain where id = 1");
            });
            show("checked deletion", () -> {
                String left = "";
                for (String n : new String[] {"1", "7"}) {
                    CheckAndPut made = new CheckAndPut(of, "n", CheckCompareOp.EQUAL, new BigDecimal(n), null);
                    made.getRecord().setType(Put.MutationType.DELETE);
                    made.setObject("id", 10L);
                    client.checkAndPut(made);
                    client.flush();
                    left += rows(client, "select count(*) from " + schema + ".plain where id = 10");
                }
                return left;
            });
            show("many", () -> {
                List<CompletableFuture<Void>> all = new ArrayList<>();
                for (int at = 0; at < MANY; ++at) {
                    Put made = put(of, "id", 100_000L + at, "name", "name " + at, "n", new BigDecimal(at));
                    all.add(client.putAsync(made));
                }
                client.flush();
                CompletableFuture.allOf(all.toArray(new CompletableFuture[0])).get();
                return rows(client, "select count(*), sum(n) from " + schema + ".plain where id >= 100000");
            });
            show("many got", () -> {
                List<Get> asked = new ArrayList<>();
                for (int at = 0; at < 1000; ++at) {
                    asked.add(Get.newBuilder(of).setPrimaryKey("id", 100_000L + at).withSelectedColumn("name").build());
                }
                int right = 0;
                int at = 0;
                for (CompletableFuture<Record> one : client.get(asked)) {
                    right += ("name " + at++).equals(one.get().getObject("name")) ? 1 : 0;
                }
                return right;
            });
            show("refused", () -> {
                client.put(put(of, "id", 11L, "name", null));
                client.flush();
                return "taken";
            });
            show("bad row among good", () -> {
                client.put(put(of, "id", 12L, "name", "c", "body", "{"));
                client.put(put(of, "id", 13L, "name", "d"));
                client.flush();
                return "taken";
            });
            show("good beside the bad", () -> rows(client, "select id from " + schema + ".plain where id in (12, 13)"));
        }
        try (HoloClient client = new HoloClient(config(WriteMode.INSERT_OR_IGNORE))) {
            TableSchema of = client.getTableSchema(schema + ".plain");
            show("ignored", () -> {
                client.put(put(of, "id", 1L, "name", "never"));
                client.put(put(of, "id", 20L, "name", "new"));
                client.flush();
                return rows(client, "select count(*) from " + schema + ".plain where name in ('never', 'new')");
            });
        }
    }

    static void scanned(String schema) throws Exception {
        try (HoloClient client = new HoloClient(config(WriteMode.INSERT_OR_REPLACE))) {
            TableSchema of = client.getTableSchema(schema + ".pairs");
            show("scanned", () -> {
                for (int at = 0; at < 60; ++at) {
                    client.put(put(of, "a", at / 10, "b", "k" + at % 10, "v", at));
                }
                client.flush();
                StringBuilder found = new StringBuilder();
                Scan scan = Scan.newBuilder(of).addEqualFilter("a", 3).addRangeFilter("b", "k2", "k5")
                    .setFetchSize(2).build();
                try (RecordScanner all = client.scan(scan)) {
                    while (all.next()) {
                        found.append(text(all.getRecord())).append(';');
                    }
                }
                return found;
            });
            show("scanned unsorted", () -> {
                int count = 0;
                Scan scan = Scan.newBuilder(of).addEqualFilter("a", 4).withSelectedColumn("v")
                    .setSortKeys(SortKeys.NONE).build();
                try (RecordScanner all = client.scan(scan)) {
                    while (all.next()) {
                        count += (Integer) all.getRecord().getObject("v");
                    }
                }
                return count;
            });
            show("got by two", () -> text(client.get(
                Get.newBuilder(of).setPrimaryKey("a", 5).setPrimaryKey("b", "k9").build()).get()));
        }
    }

    static void parted(String schema) throws Exception {
        try (HoloClient client = new HoloClient(config(WriteMode.INSERT_OR_UPDATE))) {
            TableSchema of = client.getTableSchema(schema + ".parted");
            show("partitions made", () -> {
                for (int at = 0; at < 6; ++at) {
                    client.put(put(of, "id", (long) at, "day", "2026010" + at % 3, "v", "v" + at));
                }
                client.flush();
                return rows(client, "select tableoid::regclass, id, v from " + schema + ".parted order by id");
            });
            show("got in a partition", () -> text(client.get(
                Get.newBuilder(of).setPrimaryKey("id", 4L).setPrimaryKey("day", "20260101").build()).get()));
            show("deleted in a partition", () -> {
                Put gone = put(of, "id", 4L, "day", "20260101");
                gone.getRecord().setType(Put.MutationType.DELETE);
                client.put(gone);
                client.flush();
                return rows(client, "select id from " + schema + ".parted where day = '20260101'");
            });
        }
    }

    static long copy(Connection connection, TableSchema of, boolean binary, CopyMode mode) throws SQLException {
        PgConnection raw = connection.unwrap(PgConnection.class);
        if (mode == CopyMode.BULK_LOAD) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("truncate " + of.getTableNameObj().getFullName());
            }
        }
        String statement = CopyUtil.buildCopyInSql(of, binary, WriteMode.INSERT_OR_UPDATE, mode);
        BaseConnection base = raw.unwrap(BaseConnection.class);
        try {
            CopyInOutputStream out = new CopyInOutputStream(new CopyManager(raw).copyIn(statement));
            RecordOutputStream rows = binary ? new RecordBinaryOutputStream(out, of, base, 1 << 20)
                : new RecordTextOutputStream(out, of, base, 1 << 20);
            for (int at = 0; at < 500; ++at) {
                rows.putRecord(put(of, "id", at, "name", at % 7 == 0 ? null : "n,\"\\" + at, "at",
                    Timestamp.valueOf("2026-01-02 03:04:05.678"), "n", new BigDecimal("1.25"),
                    "day", java.sql.Date.valueOf("2026-02-03"), "ok", at % 2 == 0, "x", 0.25,
                    "tags", new int[] {1, 2}).getRecord());
            }
            rows.close();
            return out.getResult();
        } catch (IOException error) {
            throw new SQLException(error);
        }
    }

    static void copied(String schema) throws Exception {
        try (HoloClient client = new HoloClient(config(WriteMode.INSERT_OR_UPDATE))) {
            TableSchema of = client.getTableSchema(schema + ".copied");
            show("copied as a stream", () -> copied(client, of, true, CopyMode.STREAM));
            show("copied as text", () -> copied(client, of, false, CopyMode.STREAM));
            show("copied over", () -> copied(client, of, false, CopyMode.BULK_LOAD_ON_CONFLICT));
            show("copied at once", () -> copied(client, of, false, CopyMode.BULK_LOAD));
        }
    }

    static String copied(HoloClient client, TableSchema of, boolean binary, CopyMode mode) throws Exception {
        String asked = "select count(*), count(name), sum(n), count(*) filter (where ok), min(at), min(day), min(x),"
            + " min(tags::text), min(name) from " + of.getTableNameObj().getFullName();
        return client.sql(connection -> copy(connection, of, binary, mode)).get() + " " + rows(client, asked);
    }

    static void asked() throws Exception {
        try (HoloClient client = new HoloClient(config(WriteMode.INSERT_OR_UPDATE))) {
            show("sql", () -> rows(client, "select current_setting('application_name'), 1 + 1"));
            show("failed", () -> rows(client, "select 1 / 0"));
        }
    }

    public static void main(String[] args) throws Exception {
        url = args[0];
        user = args[1];
        password = args[2];
        fixed = args[4].equals("fixed");
        described(args[3]);
        written(args[3]);
        scanned(args[3]);
        parted(args[3]);
        copied(args[3]);
        asked();
    }
}
