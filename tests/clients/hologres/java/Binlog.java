import com.alibaba.hologres.client.BinlogShardGroupReader;
import com.alibaba.hologres.client.HoloClient;
import com.alibaba.hologres.client.HoloConfig;
import com.alibaba.hologres.client.Subscribe;
import com.alibaba.hologres.client.impl.binlog.BinlogOffset;
import com.alibaba.hologres.client.model.binlog.BinlogHeartBeatRecord;
import com.alibaba.hologres.client.model.binlog.BinlogRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the vendor's client for Java reads of a table's binlog: one line for each entry, up to a number of them. */
public class Binlog {
    static String text(Object value) {
        if (value instanceof byte[]) {
            return Arrays.toString((byte[]) value);
        }
        if (value instanceof int[]) {
            return Arrays.toString((int[]) value);
        }
        if (value instanceof long[]) {
            return Arrays.toString((long[]) value);
        }
        if (value instanceof double[]) {
            return Arrays.toString((double[]) value);
        }
        if (value instanceof float[]) {
            return Arrays.toString((float[]) value);
        }
        if (value instanceof boolean[]) {
            return Arrays.toString((boolean[]) value);
        }
        return value instanceof Object[] ? Arrays.toString((Object[]) value) : String.valueOf(value);
    }

    public static void main(String[] args) throws Exception {
        HoloConfig config = new HoloConfig();
        config.setJdbcUrl(args[0]);
        config.setUsername(args[1]);
        config.setPassword(args[2]);
        config.setRetryCount(1);
        config.setBinlogReadBatchSize(128);
        config.setBinlogHeartBeatIntervalMs(100);
        config.setBinlogReadTimeoutMs(60_000);
        config.setUseFixedFe(args[4].equals("fixed"));
        config.setEnableDirectConnection(args[4].equals("direct"));
        int wanted = Integer.parseInt(args[6]);
        BinlogOffset from = new BinlogOffset();
        from = args[7].equals("lsn") ? from.setSequence(Long.parseLong(args[8])) : from.setTimestamp(Long.parseLong(args[8]));
        try (HoloClient client = new HoloClient(config)) {
            String table = args[3] + "." + args[5];
            Subscribe.OffsetBuilder of = args.length > 9 ? Subscribe.newOffsetBuilder(table, args[9]) : Subscribe.newOffsetBuilder(table);
            Subscribe subscribe = of.addShardStartOffset(0, from).build();
            BinlogShardGroupReader reader = client.binlogSubscribe(subscribe);
            int heartbeats = 0;
            for (int seen = 0; seen < wanted || heartbeats == 0;) {
                BinlogRecord record = reader.getBinlogRecord();
                if (record instanceof BinlogHeartBeatRecord) {
                    if (heartbeats++ == 0) {
                        System.out.println("waits");
                        System.out.flush();
                    }
                    continue;
                }
                ++seen;
                List<String> parts = new ArrayList<>();
                for (Object value : record.getValues()) {
                    parts.add(text(value));
                }
                System.out.println(record.getBinlogLsn() + " " + record.getBinlogEventType() + " " + record.getBinlogTimestamp()
                    + " | " + String.join(",", parts));
                System.out.flush();
            }
            reader.cancel();
        }
        System.exit(0);
    }
}
