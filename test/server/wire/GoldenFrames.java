import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.NullableSchema;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Prints frames that Kafka's own classes make of messages filled at random, one JSON object a line.
 * Arguments: frames of each API, version and direction; seed.
 */
public class GoldenFrames {
    private static final List<String> APIS = List.of(
        "FindCoordinator", "JoinGroup", "SyncGroup", "Heartbeat", "LeaveGroup", "OffsetCommit",
        "OffsetFetch", "ConsumerGroupHeartbeat", "ApiVersions", "Metadata", "DescribeCluster",
        "DescribeGroups", "ConsumerGroupDescribe");
    /** Only answers that may carry addresses, from the first version that does. */
    private static final Map<String, Integer> ANSWERS =
        new TreeMap<>(Map.of("Produce", 10, "Fetch", 16, "ShareFetch", 1, "ShareAcknowledge", 1));
    private static final String PACKAGE = "org.apache.kafka.common.message.";
    private static final long SAFE = (1L << 53) - 1;
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static Random random;

    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[0]);
        random = new Random(Long.parseLong(args[1]));
        for (String api : APIS) {
            print(api, true, 0, count);
            print(api, false, 0, count);
        }
        for (Map.Entry<String, Integer> api : ANSWERS.entrySet()) {
            print(api.getKey(), false, api.getValue(), count);
        }
        for (String name : List.of("ConsumerProtocolSubscription", "ConsumerProtocolAssignment")) {
            Class<?> type = Class.forName(PACKAGE + name);
            for (short version = 0; version < schemas(type).length; version++) {
                for (int index = 0; index < count; index++) {
                    Message message = fill(type, version);
                    ByteBuffer body = MessageUtil.toVersionPrefixedByteBuffer(version, message);
                    print(name, "embedded", version, body, json(type, message, version));
                }
            }
        }
    }

    private static void print(String api, boolean isRequest, int from, int count) throws Exception {
        Class<?> type = Class.forName(PACKAGE + api + (isRequest ? "Request" : "Response") + "Data");
        Schema[] schemas = schemas(type);
        ApiKeys key = ApiKeys.forId(key(api));
        for (short version = (short) from; version < schemas.length; version++) {
            if (schemas[version] == null) continue;
            for (int index = 0; index < count; index++) {
                Message message = fill(type, version);
                JsonNode body = json(type, message, version);
                int correlationId = random.nextInt();
                Message header;
                short headerVersion;
                if (isRequest) {
                    headerVersion = key.requestHeaderVersion(version);
                    header = new RequestHeaderData().setRequestApiKey(key.id)
                        .setRequestApiVersion(version).setCorrelationId(correlationId)
                        .setClientId(text(true));
                } else {
                    headerVersion = key.responseHeaderVersion(version);
                    header = new ResponseHeaderData().setCorrelationId(correlationId);
                }
                ByteBuffer frame = ByteBuffer.allocate(1 << 20);
                frame.putInt(0);
                frame.put(bytes(header, headerVersion)).put(bytes(message, version));
                frame.putInt(0, frame.position() - 4);
                print(api, isRequest ? "request" : "response", version, frame.flip(), body);
            }
        }
    }

    private static short key(String api) {
        for (ApiKeys key : ApiKeys.values()) if (key.messageType.name.equals(api)) return key.id;
        throw new IllegalArgumentException(api);
    }

    private static Schema[] schemas(Class<?> type) throws Exception {
        return (Schema[]) type.getField("SCHEMAS").get(null);
    }

    private static void print(String api, String kind, int version, ByteBuffer bytes, JsonNode body)
            throws Exception {
        byte[] array = new byte[bytes.remaining()];
        bytes.get(array);
        ObjectNode line = MAPPER.createObjectNode();
        line.put("api", api).put("kind", kind).put("version", version);
        line.put("hex", HexFormat.of().formatHex(array)).set("body", body);
        System.out.println(MAPPER.writeValueAsString(line));
    }

    /** A message of that version, filled at random by way of its schema. */
    private static Message fill(Class<?> type, short version) throws Exception {
        Schema schema = schemas(type)[version];
        Struct struct = fill(schema);
        ByteBuffer buffer = ByteBuffer.allocate(schema.sizeOf(struct));
        schema.write(buffer, struct);
        buffer.flip();
        Message message = (Message) type.getConstructor().newInstance();
        message.read(new ByteBufferAccessor(buffer), version);
        return message;
    }

    private static ByteBuffer bytes(Message message, short version) {
        return MessageUtil.toByteBufferAccessor(message, version).buffer();
    }

    private static JsonNode json(Class<?> type, Message message, short version) throws Exception {
        Class<?> converter = Class.forName(type.getName() + "JsonConverter");
        JsonNode body = (JsonNode) converter.getMethod("write", type, short.class)
            .invoke(null, message, version);
        return withTextForLongs(body);
    }

    /** Numbers that JavaScript cannot hold become text. */
    private static JsonNode withTextForLongs(JsonNode node) {
        if (node instanceof LongNode && Math.abs(node.longValue()) > SAFE) {
            return new TextNode(node.asText());
        }
        if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) array.set(i, withTextForLongs(array.get(i)));
        }
        if (node instanceof ObjectNode object) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            for (String name : names) object.set(name, withTextForLongs(object.get(name)));
        }
        return node;
    }

    private static Struct fill(Schema schema) {
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) struct.set(field, value(field.def.type));
        return struct;
    }

    private static Object value(Type type) {
        if (type instanceof TaggedFields tagged) {
            TreeMap<Integer, Object> values = new TreeMap<>();
            for (Map.Entry<Integer, Field> field : tagged.fields().entrySet()) {
                if (random.nextBoolean()) values.put(field.getKey(), value(field.getValue().type));
            }
            return values;
        }
        if (type instanceof NullableSchema schema) return random.nextInt(3) == 0 ? null : fill(schema);
        if (type instanceof Schema schema) return fill(schema);
        if (type.arrayElementType().isPresent()) {
            if (type.isNullable() && random.nextInt(4) == 0) return null;
            Object[] values = new Object[random.nextInt(4)];
            for (int i = 0; i < values.length; i++) values[i] = value(type.arrayElementType().get());
            return values;
        }
        String name = type.toString();
        if (name.contains("RECORDS")) return type.isNullable() ? null : MemoryRecords.EMPTY;
        if (name.endsWith("STRING")) return text(type.isNullable());
        if (name.endsWith("BYTES")) {
            if (type.isNullable() && random.nextInt(4) == 0) return null;
            byte[] bytes = new byte[random.nextInt(20)];
            random.nextBytes(bytes);
            return ByteBuffer.wrap(bytes);
        }
        switch (name) {
            case "BOOLEAN": return random.nextBoolean();
            case "INT8": return (byte) random.nextInt();
            case "INT16": return (short) random.nextInt();
            case "INT32": return random.nextInt();
            case "INT64": return random.nextBoolean() ? random.nextLong() : (long) random.nextInt();
            case "UUID": return new Uuid(random.nextLong(), random.nextLong());
            default: throw new IllegalArgumentException(name);
        }
    }

    private static String text(boolean isNullable) {
        if (isNullable && random.nextInt(4) == 0) return null;
        // Now and then longer than a compact length of one byte can say.
        int length = random.nextInt(10) == 0 ? random.nextInt(300) : random.nextInt(8);
        StringBuilder text = new StringBuilder();
        String letters = "abcäß€-0.\uD83D\uDE00";
        while (text.length() < length) {
            int at = random.nextInt(letters.length());
            int letter = letters.codePointAt(at);
            if (!Character.isSurrogate((char) letter) || letter > 0xffff) text.appendCodePoint(letter);
        }
        return text.toString();
    }
}
