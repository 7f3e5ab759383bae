import com.aliyun.datahub.client.DatahubClient;
import com.aliyun.datahub.client.DatahubClientBuilder;
import com.aliyun.datahub.client.auth.AliyunAccount;
import com.aliyun.datahub.client.common.DatahubConfig;
import com.aliyun.datahub.client.exception.DatahubClientException;
import com.aliyun.datahub.client.http.HttpConfig;
import com.aliyun.datahub.client.model.*;
import java.math.BigDecimal;
import java.util.*;

/** What the vendor's client for Java does with topics, each step a line "name=result". */
public class Topics {
    static final String PROJECT = "java";
    static DatahubClient client;

    interface Step { Object run() throws Exception; }

    static void step(String name, Step step) {
        String result;
        try {
            result = String.valueOf(step.run());
        } catch (DatahubClientException error) {
            result = error.getClass().getSimpleName() + " " + error.getHttpStatus() + " " + error.getErrorCode();
        } catch (Exception error) {
            error.printStackTrace();
            result = error.toString();
        }
        System.out.println(name + "=" + result);
    }

    static DatahubClient connected(String[] where, boolean binary, boolean batch, CompressType compress) {
        DatahubConfig config = new DatahubConfig(where[0], new AliyunAccount(where[1], where[2]), binary);
        if (batch) config.setEnableBatch(true);
        return DatahubClientBuilder.newBuilder().setDatahubConfig(config)
            .setHttpConfig(new HttpConfig().setCompressType(compress).setMaxRetryCount(0)).build();
    }

    static RecordSchema schema() {
        RecordSchema made = new RecordSchema();
        for (FieldType type : FieldType.values()) made.addField(new Field(type.name().toLowerCase(), type));
        return made;
    }

    static RecordEntry full(RecordSchema schema, int number) {
        TupleRecordData data = new TupleRecordData(schema);
        data.setField("bigint", Long.MIN_VALUE + number);
        data.setField("double", 0.1 * number);
        data.setField("boolean", number % 2 == 0);
        data.setField("timestamp", 1735689600000000L + number);
        data.setField("string", "text ä " + number);
        data.setField("decimal", new BigDecimal("12345678901234567890.123456789"));
        data.setField("integer", Integer.MAX_VALUE);
        data.setField("float", 1.5f);
        data.setField("tinyint", (byte) -128);
        data.setField("smallint", (short) 32767);
        RecordEntry made = new RecordEntry();
        made.setRecordData(data);
        made.addAttribute("a", "b" + number);
        return made;
    }

    static RecordEntry empty(RecordSchema schema) {
        RecordEntry made = new RecordEntry();
        made.setRecordData(new TupleRecordData(schema));
        return made;
    }

    static RecordEntry blob(String text) {
        RecordEntry made = new RecordEntry();
        made.setRecordData(new BlobRecordData(text.getBytes()));
        return made;
    }

    static String shown(RecordEntry record) {
        StringBuilder made = new StringBuilder().append(record.getSequence()).append(':');
        if (record.getRecordData() instanceof BlobRecordData) {
            made.append(new String(((BlobRecordData) record.getRecordData()).getData()));
        } else {
            TupleRecordData data = (TupleRecordData) record.getRecordData();
            for (Field field : data.getRecordSchema().getFields()) made.append(data.getField(field.getName())).append(',');
        }
        return made.append(record.getAttributes() == null ? "" : record.getAttributes()).toString();
    }

    static String read(String topic, String shard, RecordSchema schema) {
        String cursor = client.getCursor(PROJECT, topic, shard, CursorType.OLDEST).getCursor();
        StringJoiner made = new StringJoiner(";");
        while (true) {
            GetRecordsResult found = schema == null
                ? client.getRecords(PROJECT, topic, shard, cursor, 2)
                : client.getRecords(PROJECT, topic, shard, schema, cursor, 2);
            if (found.getRecordCount() == 0) return made.toString();
            for (RecordEntry one : found.getRecords()) made.add(shown(one));
            cursor = found.getNextCursor();
        }
    }

    static void records(String name, RecordSchema schema) {
        String tuples = "tuples_" + name, blobs = "blobs_" + name;
        step(name + " topic", () -> {
            client.createTopic(PROJECT, tuples, 1, 1, RecordType.TUPLE, schema, "all types");
            client.createTopic(PROJECT, blobs, 1, 1, RecordType.BLOB, "bytes");
            client.waitForShardReady(PROJECT, tuples);
            return client.getTopic(PROJECT, tuples).getRecordSchema().getFields().size();
        });
        step(name + " put", () -> {
            List<RecordEntry> some = List.of(full(schema, 1), full(schema, 2), empty(schema));
            List<RecordEntry> bytes = List.of(blob("x"), blob("y"));
            if (name.equals("json")) {  // which the client offers by shard in the other forms only
                client.putRecords(PROJECT, tuples, some);
                client.putRecords(PROJECT, blobs, bytes);
            } else {
                client.putRecordsByShard(PROJECT, tuples, "0", some);
                client.putRecordsByShard(PROJECT, blobs, "0", bytes);
            }
            return client.getTopic(PROJECT, blobs).getRecordType();
        });
        step(name + " get", () -> read(tuples, "0", schema));
        step(name + " bytes", () -> read(blobs, "0", null));
    }

    public static void main(String[] where) {
        client = connected(where, false, false, CompressType.NONE);
        step("project", () -> { client.createProject(PROJECT, "by Java"); return client.getProject(PROJECT).getComment(); });
        step("again", () -> client.createProject(PROJECT, "x"));
        RecordSchema schema = schema();
        records("json", schema);
        client = connected(where, true, false, CompressType.LZ4);
        records("protobuf", schema);
        client = connected(where, true, false, CompressType.DEFLATE);
        records("deflate", schema);
        client = connected(where, true, true, CompressType.LZ4);
        records("batch", schema);
        client = connected(where, false, false, CompressType.NONE);
        step("of batches as json", () -> read("tuples_batch", "0", schema));
        client = connected(where, true, false, CompressType.LZ4);
        step("append", () -> {
            client.appendField(PROJECT, "tuples_json", new Field("more", FieldType.STRING));
            return client.getTopic(PROJECT, "tuples_json").getRecordSchema().getFields().size();
        });
        step("split", () -> {
            client.splitShard(PROJECT, "blobs_json", "0");
            client.waitForShardReady(PROJECT, "blobs_json");
            StringJoiner made = new StringJoiner(";");
            for (ShardEntry one : client.listShard(PROJECT, "blobs_json").getShards())
                made.add(one.getShardId() + " " + one.getState() + " " + one.getBeginHashKey() + " " + one.getParentShardIds());
            return made;
        });
        step("merge", () -> client.mergeShard(PROJECT, "blobs_json", "1", "2").getShardId());
        step("extend", () -> {
            client.createTopic(PROJECT, "extended", 1, 1, RecordType.BLOB, "x", ExpandMode.ONLY_EXTEND);
            client.extendShard(PROJECT, "extended", 3);
            return client.listShard(PROJECT, "extended").getShards().size();
        });
        step("by key", () -> {
            RecordEntry one = blob("k");
            one.setHashKey("00000000000000000000000000000000");
            RecordEntry other = blob("p");
            other.setPartitionKey("key");
            return client.putRecords(PROJECT, "extended", List.of(one, other)).getFailedRecordCount();
        });
        step("to no shard", () -> {
            RecordEntry one = blob("k");
            one.setShardId("99");
            PutRecordsResult found = client.putRecords(PROJECT, "extended", List.of(one));
            return found.getFailedRecordCount() + " " + found.getPutErrorEntries().get(0).getErrorcode();
        });
        step("no topic", () -> client.getTopic(PROJECT, "nothing"));
        step("no shard", () -> client.putRecordsByShard(PROJECT, "extended", "99", List.of(blob("x"))));
        step("subscription", () -> {
            String sub = client.createSubscription(PROJECT, "blobs_protobuf", "mine").getSubId();
            List<String> shards = List.of("0");
            SubscriptionOffset opened = client.openSubscriptionSession(PROJECT, "blobs_protobuf", sub, shards).getOffsets().get("0");
            opened.setSequence(1);
            opened.setTimestamp(5);
            client.commitSubscriptionOffset(PROJECT, "blobs_protobuf", sub, Map.of("0", opened));
            SubscriptionOffset kept = client.getSubscriptionOffset(PROJECT, "blobs_protobuf", sub, shards).getOffsets().get("0");
            client.openSubscriptionSession(PROJECT, "blobs_protobuf", sub, shards);
            String refused = "";
            try {
                client.commitSubscriptionOffset(PROJECT, "blobs_protobuf", sub, Map.of("0", opened));
            } catch (DatahubClientException error) {
                refused = error.getErrorCode();
            }
            client.updateSubscriptionState(PROJECT, "blobs_protobuf", sub, SubscriptionState.OFFLINE);
            return kept.getSequence() + " " + kept.getTimestamp() + " " + kept.getVersionId() + " " + refused + " "
                + client.getSubscription(PROJECT, "blobs_protobuf", sub).getState() + " "
                + client.listSubscription(PROJECT, "blobs_protobuf", 1, 10).getTotalCount();
        });
        step("group", () -> {
            String sub = client.createSubscription(PROJECT, "extended", "ours").getSubId();
            JoinGroupResult joined = client.joinGroup(PROJECT, "extended", sub, 60000);
            HeartbeatResult beat = client.heartbeat(PROJECT, "extended", sub, joined.getConsumerId(), joined.getVersionId(),
                List.of(), List.of());
            client.leaveGroup(PROJECT, "extended", sub, joined.getConsumerId(), joined.getVersionId());
            return beat.getShardList();
        });
        step("kafka group", () -> {
            client.createKafkaGroup(PROJECT, "readers", "of Kafka's");
            client.updateTopicsForKafkaGroup(PROJECT, "readers", List.of("extended", "blobs_json"), UpdateKafkaGroupMode.ADD);
            client.updateKafkaGroup(PROJECT, "readers", "ours");
            GetKafkaGroupResult group = client.getKafkaGroup(PROJECT, "readers");
            StringJoiner made = new StringJoiner(" ");
            made.add(client.listKafkaGroup(PROJECT).getGroups().toString()).add(group.getComment());
            made.add(client.ListTopicByKafkaGroup(PROJECT, "readers").getTopicNames().toString());
            SubscriptionEntry own = client.listSubscriptionByKafkaGroup(PROJECT, "readers").getSubscriptions().get(1);
            made.add(client.getSubscription(PROJECT, own.getTopicName(), own.getSubId()).getState().toString());
            client.updateTopicsForKafkaGroup(PROJECT, "readers", List.of("extended"), UpdateKafkaGroupMode.REMOVE);
            made.add(client.ListTopicByKafkaGroup(PROJECT, "readers").getTopicNames().toString());
            client.deleteKafkaGroup(PROJECT, "readers");
            return made.add(client.listKafkaGroup(PROJECT).getGroups().toString());
        });
        step("no kafka group", () -> client.getKafkaGroup(PROJECT, "readers"));
        step("topics", () -> client.listTopic(PROJECT).getTopicNames());
        step("schemas", () -> client.listTopicSchema(PROJECT, "tuples_json").getRecordSchemaInfoList().size());
        step("not empty", () -> client.deleteProject(PROJECT));
    }
}
