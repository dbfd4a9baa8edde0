package playground;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.AppInfoParser;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** The process of one member with Kafka's own consumer; what it is told and says: ../README.md. */
public final class Member {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration POLL = Duration.ofMillis(100);
    /** Until an application that polls on after an exception does so. */
    private static final long AFTER_EXCEPTION_MS = 1_000;
    private static final Map<String, String> ASSIGNORS = Map.of(
            "range", "org.apache.kafka.clients.consumer.RangeAssignor",
            "roundrobin", "org.apache.kafka.clients.consumer.RoundRobinAssignor",
            "sticky", "org.apache.kafka.clients.consumer.StickyAssignor",
            "cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");

    /** Orders in the order in which they came; the application takes them between two polls. */
    private static final BlockingQueue<JsonNode> ORDERS = new LinkedBlockingQueue<>();

    /** A commit that the application itself waits for, not one of Kafka's own. */
    private static volatile boolean isCommittingSync = false;

    private final JsonNode task;
    /** How it works, as in a scenario. */
    private final JsonNode work;
    private volatile KafkaConsumer<byte[], byte[]> consumer;
    private boolean isPolling = true;
    private boolean hasThrown = false;

    private Member(JsonNode task) {
        this.task = task;
        this.work = task.path("work");
    }

    public static void main(String[] args) throws Exception {
        // Ctrl-C in a terminal reaches the whole group; the parent decides what becomes of us.
        Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
        Member member = new Member(JSON.readTree(args[0]));
        // Loads the classes that a start would have to wait for.
        warmUp(member.task);
        Thread reader = new Thread(member::readOrders);
        reader.setDaemon(true);
        reader.start();
        ObjectNode prepared = JSON.createObjectNode();
        prepared.put("type", "prepared").put("client", "java").put("version", AppInfoParser.getVersion());
        print(prepared);
        JsonNode order = ORDERS.take();
        // Nothing else makes sense before the start.
        while (!order.path("type").asText().equals("start")) order = ORDERS.take();
        System.exit(member.live(order.path("sasl")));
    }

    private static void warmUp(JsonNode task) {
        try {
            new KafkaConsumer<>(settings(task, "playground-warm-up")).close();
        } catch (KafkaException refused) {
            // The start will tell.
        }
    }

    private void readOrders() {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode order = JSON.readTree(line);
                if (!order.path("type").asText().equals("wakeup")) ORDERS.add(order);
                else if (consumer != null) consumer.wakeup();
            }
        } catch (Exception broken) {
            System.err.println("The orders cannot be read: " + broken);
        }
        // The parent is gone: nobody would hear, and nobody would end this process.
        Runtime.getRuntime().halt(1);
    }

    /** The application's life; gives the exit code of its process. */
    private int live(JsonNode sasl) {
        try {
            Properties settings = settings(task, task.path("name").asText());
            settings.putAll(saslSettings(sasl));
            consumer = new KafkaConsumer<>(settings);
        } catch (KafkaException refused) {
            sayError(refused.getCause() instanceof Exception cause ? cause : refused);
            return 1;
        }
        try {
            subscribe(texts(task.path("topics")));
            say(line("ready"));
            while (true) {
                JsonNode order = isPolling ? ORDERS.poll() : ORDERS.take();
                if (order == null) {
                    poll();
                } else if (order.path("type").asText().equals("close")) {
                    String operation = order.path("groupMembershipOperation").asText();
                    consumer.close(CloseOptions.groupMembershipOperation(
                            CloseOptions.GroupMembershipOperation.valueOf(operation)));
                    return 0;
                } else {
                    obey(order);
                }
            }
        } catch (Exception thrown) {
            sayError(thrown);
            closeAfter(thrown);
            return 1;
        }
    }

    private void closeAfter(Exception thrown) {
        try {
            consumer.close();
        } catch (KafkaException again) {
            thrown.addSuppressed(again);
        }
    }

    private void obey(JsonNode order) throws InterruptedException {
        switch (order.path("type").asText()) {
            case "stall" -> Thread.sleep(order.path("forMs").asLong());
            case "pause" -> consumer.pause(consumer.assignment());
            case "resume" -> consumer.resume(consumer.paused());
            case "commit" -> commitSync(null);
            case "subscribe" -> {
                subscribe(texts(order.path("topics")));
                isPolling = true;
            }
            case "unsubscribe" -> {
                consumer.unsubscribe();
                isPolling = false;
            }
            case "enforceRebalance" -> consumer.enforceRebalance("rebalance enforced by user");
            default -> System.err.println("This order is not known: " + order);
        }
    }

    /** One poll(), and the work on what it brings. */
    private void poll() throws InterruptedException {
        try {
            workOn(consumer.poll(POLL));
        } catch (WakeupException woken) {
            sayError(woken);
        } catch (KafkaException thrown) {
            boolean isPolledOn = thrown.getCause() instanceof ListenerException
                    && work.path("listenerThrows").path("then").asText().equals("pollOn");
            if (!isPolledOn) throw thrown;
            sayError(thrown);
            Thread.sleep(AFTER_EXCEPTION_MS);
        }
    }

    private void workOn(ConsumerRecords<byte[], byte[]> records) throws InterruptedException {
        for (TopicPartition partition : records.partitions()) {
            List<ConsumerRecord<byte[], byte[]>> batch = records.records(partition);
            ObjectNode line = line("records");
            line.put("partition", partition.toString());
            line.put("firstOffset", batch.get(0).offset());
            line.put("lastOffset", batch.get(batch.size() - 1).offset());
            say(line);
        }
        String after = work.path("commit").path("after").asText();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Thread.sleep(work.path("perRecordMs").asLong());
            if (!after.equals("record")) continue;
            commit(Map.of(
                    new TopicPartition(record.topic(), record.partition()),
                    new OffsetAndMetadata(record.offset() + 1)));
        }
        if (after.equals("poll") && !records.isEmpty()) commit(null);
    }

    /** @param offsets null for all that was polled */
    private void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        if (!work.path("commit").path("how").asText().equals("async")) {
            commitSync(offsets);
            return;
        }
        OffsetCommitCallback callback = (ignored, refused) -> {
            if (refused != null) sayError(refused);
        };
        if (offsets == null) consumer.commitAsync(callback);
        else consumer.commitAsync(offsets, callback);
    }

    private void subscribe(List<String> topics) {
        consumer.subscribe(topics, new Listener());
    }

    /** What a refused commit throws is told; the application goes on. */
    private void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
        isCommittingSync = true;
        try {
            if (offsets == null) consumer.commitSync();
            else consumer.commitSync(offsets);
        } catch (KafkaException refused) {
            sayError(refused);
        } finally {
            isCommittingSync = false;
        }
    }

    private final class Listener implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            sayCallback("assigned", partitions);
            throwIfToldTo("assigned");
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            sayCallback("revoked", partitions);
            revoke();
        }

        /** A listener that does not have it is called as Kafka's default does: as if revoked. */
        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            sayCallback("lost", partitions);
            throwIfToldTo("lost");
            if (work.path("lostCallsRevoked").asBoolean()) revoke();
        }

        private void revoke() {
            if (work.path("commitInRevoked").asBoolean()) commitSync(null);
            throwIfToldTo("revoked");
        }

        private void throwIfToldTo(String callback) {
            JsonNode told = work.path("listenerThrows");
            if (!told.path("in").asText().equals(callback)) return;
            if (hasThrown && told.path("times").asText().equals("once")) return;
            hasThrown = true;
            throw new ListenerException(callback);
        }
    }

    /** What a scenario has a listener throw. */
    private static final class ListenerException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ListenerException(String callback) {
            super("the listener throws in " + callback);
        }
    }

    /** Tells of every commit that succeeded. */
    public static final class CommitWatch implements ConsumerInterceptor<byte[], byte[]> {
        @Override
        public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
            return records;
        }

        @Override
        public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
            // One of Kafka's own that has nothing to say, as before the first records.
            if (offsets.isEmpty() && !isCommittingSync) return;
            ObjectNode line = line("committed");
            ObjectNode shown = line.putObject("offsets");
            sorted(offsets.keySet()).forEach(
                    partition -> shown.put(partition.toString(), offsets.get(partition).offset()));
            line.put("how", isCommittingSync ? "sync" : "auto");
            say(line);
        }

        @Override
        public void close() {}

        @Override
        public void configure(Map<String, ?> configs) {}
    }

    private static Properties settings(JsonNode task, String clientId) {
        Properties settings = new Properties();
        settings.put("auto.offset.reset", "earliest");
        task.path("config").fields().forEachRemaining(
                setting -> settings.put(setting.getKey(), setting.getValue().asText()));
        settings.computeIfPresent("partition.assignment.strategy", (key, names) -> classNames((String) names));
        settings.put("client.id", clientId);
        settings.put("group.id", task.path("group").asText());
        settings.put("bootstrap.servers", String.join(",", texts(task.path("brokers"))));
        settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
        settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
        settings.put("interceptor.classes", CommitWatch.class.getName());
        return settings;
    }

    private static Map<String, String> saslSettings(JsonNode sasl) {
        if (!sasl.isObject()) return Map.of();
        String mechanism = sasl.path("mechanism").asText();
        String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
        return Map.of(
                "security.protocol", "SASL_PLAINTEXT",
                "sasl.mechanism", mechanism,
                "sasl.jaas.config", "org.apache.kafka.common.security.%s required username=%s password=%s;"
                        .formatted(module, quoted(sasl.path("username")), quoted(sasl.path("password"))));
    }

    /** As the language of JAAS files has texts. */
    private static String quoted(JsonNode text) {
        return '"' + text.asText().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static String classNames(String names) {
        return Arrays.stream(names.split(","))
                .map(String::trim)
                .map(name -> ASSIGNORS.getOrDefault(name, name))
                .collect(Collectors.joining(","));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(element.asText()));
        return texts;
    }

    private static List<TopicPartition> sorted(Collection<TopicPartition> partitions) {
        return partitions.stream()
                .sorted(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition))
                .toList();
    }

    private static ObjectNode line(String type) {
        return JSON.createObjectNode().put("type", type);
    }

    private static void sayCallback(String callback, Collection<TopicPartition> partitions) {
        ObjectNode line = line("callback").put("callback", callback);
        ArrayNode shown = line.putArray("partitions");
        sorted(partitions).forEach(partition -> shown.add(partition.toString()));
        say(line);
    }

    private static void sayError(Exception thrown) {
        say(line("error")
                .put("exception", thrown.getClass().getSimpleName())
                .put("message", thrown.getMessage() == null ? "" : thrown.getMessage()));
    }

    private static void say(ObjectNode line) {
        ObjectNode report = JSON.createObjectNode().put("type", "line");
        report.put("epochMs", System.currentTimeMillis());
        report.set("line", line);
        print(report);
    }

    private static synchronized void print(ObjectNode report) {
        System.out.println(report);
        System.out.flush();
    }
}
