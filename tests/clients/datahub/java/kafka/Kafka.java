import java.time.Duration;
import java.util.*;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;

/** What Kafka's own client does with a topic, each step a line "name=result". */
public class Kafka {
    interface Step { Object run() throws Exception; }

    static void step(String name, Step step) {
        String result;
        try {
            result = String.valueOf(step.run());
        } catch (Exception error) {
            Throwable cause = error.getCause() == null ? error : error.getCause();
            result = cause.getClass().getSimpleName() + " " + cause.getMessage();
        }
        System.out.println(name + "=" + result);
    }

    static Map<String, Object> where(String[] where, Object... more) {
        Map<String, Object> made = new HashMap<>();
        made.put("bootstrap.servers", where[0]);
        made.put("security.protocol", "SASL_PLAINTEXT");
        made.put("sasl.mechanism", "PLAIN");
        made.put("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
            + where[1] + "\" password=\"" + where[2] + "\";");
        made.put("request.timeout.ms", 20000);
        made.put("default.api.timeout.ms", 20000);
        made.put("max.block.ms", 20000);
        String bytes = "org.apache.kafka.common.serialization.String";
        made.put("key.serializer", bytes + "Serializer");
        made.put("value.serializer", bytes + "Serializer");
        made.put("key.deserializer", bytes + "Deserializer");
        made.put("value.deserializer", bytes + "Deserializer");
        for (int at = 0; at < more.length; at += 2) made.put((String) more[at], more[at + 1]);
        return made;
    }

    static int produce(String[] where, String topic, int count, Object... more) throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(where(where, more))) {
            for (int number = 0; number < count; number++)
                sent.add(producer.send(new ProducerRecord<>(topic, "k" + number, "v" + number)));
        }
        Set<String> places = new HashSet<>();
        for (Future<RecordMetadata> one : sent) places.add(one.get().partition() + ":" + one.get().offset());
        return places.size();
    }

    static String consume(String[] where, String topic, int count, Object... more) {
        Set<String> found = new TreeSet<>();
        int taken = 0;
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(where(where, more))) {
            consumer.subscribe(List.of(topic));
            long due = System.currentTimeMillis() + 20000;
            while (taken < count && System.currentTimeMillis() < due) {
                for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(200))) {
                    taken++;
                    found.add(one.key() + one.value());
                }
            }
            consumer.commitSync();
            long kept = 0;
            for (OffsetAndMetadata one : consumer.committed(consumer.assignment()).values()) kept += one.offset();
            return taken + " " + found.size() + " " + kept;
        }
    }

    public static void main(String[] where) {
        String topic = where[3];
        for (String coding : List.of("none", "gzip", "snappy", "lz4", "zstd"))
            step("produce " + coding, () -> produce(where, topic, 200, "compression.type", coding, "linger.ms", 5));
        step("without numbers", () -> produce(where, topic, 10, "enable.idempotence", "false", "acks", "1"));
        step("group", () -> consume(where, topic, 1010, "group.id", "javakafka.g", "auto.offset.reset", "earliest", "enable.auto.commit", "false"));
        step("goes on", () -> { produce(where, topic, 7); return consume(where, topic, 7, "group.id", "javakafka.g"); });
        step("sticky", () -> consume(where, topic, 1017, "group.id", "javakafka.s", "auto.offset.reset", "earliest",
            "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
        step("transaction", () -> {
            try (KafkaProducer<String, String> producer = new KafkaProducer<>(where(where, "transactional.id", "t", "max.block.ms", 3000))) {
                producer.initTransactions();
                return "begun";
            }
        });
        step("has topic", () -> { try (Admin admin = Admin.create(where(where))) { return admin.listTopics().names().get().contains(topic); } });
        step("partitions", () -> { try (Admin admin = Admin.create(where(where))) {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size(); } });
        step("groups", () -> { try (Admin admin = Admin.create(where(where))) {
            return admin.describeConsumerGroups(List.of("javakafka.g")).all().get().get("javakafka.g").groupState(); } });
        step("offsets", () -> { try (Admin admin = Admin.create(where(where))) {
            return admin.listConsumerGroupOffsets("javakafka.g").partitionsToOffsetAndMetadata().get().values().stream().mapToLong(OffsetAndMetadata::offset).sum(); } });
        step("no topic", () -> produce(where, "javakafka.nothing", 1, "max.block.ms", 3000));
        step("at a time", () -> { try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(where(where))) {
            TopicPartition part = new TopicPartition(topic, 0);
            return consumer.offsetsForTimes(Map.of(part, 0L)).get(part).offset() + " " + (consumer.endOffsets(List.of(part)).get(part) > 0)
                + " " + consumer.beginningOffsets(List.of(part)).get(part); } });
        step("a stranger", () -> produce(new String[] {where[0], where[1], "wrong"}, topic, 1));
    }
}
