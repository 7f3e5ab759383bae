import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.PGReplicationStream;

/** PostgreSQL's driver follows a slot, as the vendor's page has it; each batch is one line: how many bytes, and its end. */
public class Slot {
    public static void main(String[] args) throws SQLException, InterruptedException {
        Properties given = new Properties();
        PGProperty.USER.set(given, args[1]);
        PGProperty.PASSWORD.set(given, args[2]);
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(given, "9.4");
        PGProperty.REPLICATION.set(given, "database");
        PGProperty.PREFER_QUERY_MODE.set(given, "simple");
        int wanted = Integer.parseInt(args[4]);
        try (Connection connection = DriverManager.getConnection(args[0], given)) {
            PGReplicationStream stream = connection.unwrap(PGConnection.class).getReplicationAPI().replicationStream()
                .logical().withSlotName(args[3]).withSlotOption("parallel_index", 0).withSlotOption("batch_size", "2")
                .withStatusInterval(1, TimeUnit.SECONDS).start();
            while (wanted > 0) {
                ByteBuffer batch = stream.readPending();
                if (batch == null) {
                    Thread.sleep(10);
                    continue;
                }
                batch.position(batch.position() + 16 + 4);
                int count = Integer.reverseBytes(batch.getInt());
                if (count > 0) {
                    System.out.println(count + " " + stream.getLastReceiveLSN().asLong());
                    wanted -= count;
                }
                stream.setFlushedLSN(stream.getLastReceiveLSN());
                stream.setAppliedLSN(stream.getLastReceiveLSN());
            }
            stream.forceUpdateStatus();
            stream.close();
        }
    }
}
