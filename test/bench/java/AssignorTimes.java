import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.GroupSpec;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;
import org.apache.kafka.coordinator.group.modern.Assignment;
import org.apache.kafka.coordinator.group.modern.GroupSpecImpl;
import org.apache.kafka.coordinator.group.modern.MemberSubscriptionAndAssignmentImpl;

/**
 * Times Kafka's own assignors. Arguments are cases, `assignor/from/members/partitionsPerMember/topics`;
 * each prints the median of some runs in milliseconds, after others that warm up the JVM.
 */
public class AssignorTimes {
  private static final int WARM_UPS = 5;
  private static final int RUNS = 7;

  public static void main(String[] cases) {
    for (String each : cases) {
      String[] parts = each.split("/");
      int members = Integer.parseInt(parts[2]);
      int topics = Integer.parseInt(parts[4]);
      int partitions = Math.max(1, members * Integer.parseInt(parts[3]) / topics);
      boolean hasLeft = parts[1].equals("leave");
      Supplier<Runnable> runs =
          parts[0].equals("uniform") || parts[0].equals("range-broker")
              ? broker(parts[0], hasLeft, members, partitions, topics)
              : client(parts[0], hasLeft, members, partitions, topics);
      System.out.printf(Locale.ROOT, "%s %.4f%n", each, medianMs(runs));
    }
  }

  /** Each run gets input of its own, made before the clock starts. */
  private static double medianMs(Supplier<Runnable> runs) {
    double[] times = new double[RUNS];
    for (int run = -WARM_UPS; run < RUNS; run++) {
      Runnable assign = runs.get();
      long began = System.nanoTime();
      assign.run();
      if (run >= 0) times[run] = (System.nanoTime() - began) / 1e6;
    }
    java.util.Arrays.sort(times);
    return times[RUNS / 2];
  }

  private static List<String> names(int topics) {
    return IntStream.range(0, topics).mapToObj(index -> "topic-" + index).toList();
  }

  private static Supplier<Runnable> client(
      String name, boolean hasLeft, int members, int partitions, int topicCount) {
    List<String> topics = names(topicCount);
    Node node = new Node(0, "broker", 1);
    Node[] replicas = {node};
    Collection<PartitionInfo> infos = new ArrayList<>();
    for (String topic : topics) {
      for (int index = 0; index < partitions; index++) {
        infos.add(new PartitionInfo(topic, index, node, replicas, replicas));
      }
    }
    Cluster cluster = new Cluster("cluster", List.of(node), infos, Set.of(), Set.of());
    Map<String, List<TopicPartition>> owned = new HashMap<>();
    if (hasLeft) {
      clientAssignor(name)
          .assign(cluster, subscriptions(members, topics, owned))
          .groupAssignment()
          .forEach((member, assignment) -> owned.put(member, assignment.partitions()));
    }
    int present = hasLeft ? members - 1 : members;
    return () -> {
      GroupSubscription group = subscriptions(present, topics, owned);
      ConsumerPartitionAssignor assignor = clientAssignor(name);
      return () -> assignor.assign(cluster, group);
    };
  }

  private static GroupSubscription subscriptions(
      int members, List<String> topics, Map<String, List<TopicPartition>> owned) {
    int generation = owned.isEmpty() ? -1 : 1;
    Map<String, Subscription> subscriptions = new HashMap<>();
    for (int index = 0; index < members; index++) {
      String member = "member" + index;
      List<TopicPartition> partitions = owned.getOrDefault(member, List.of());
      subscriptions.put(
          member, new Subscription(topics, null, partitions, generation, Optional.empty()));
    }
    return new GroupSubscription(subscriptions);
  }

  private static ConsumerPartitionAssignor clientAssignor(String name) {
    return switch (name) {
      case "range" -> new org.apache.kafka.clients.consumer.RangeAssignor();
      case "roundrobin" -> new RoundRobinAssignor();
      default -> new CooperativeStickyAssignor();
    };
  }

  private static Supplier<Runnable> broker(
      String name, boolean hasLeft, int members, int partitions, int topicCount) {
    Random random = new Random(1);
    Set<Uuid> topics = new HashSet<>();
    while (topics.size() < topicCount) topics.add(new Uuid(random.nextLong(), random.nextLong()));
    SubscribedTopicDescriber describer =
        new SubscribedTopicDescriber() {
          @Override
          public int numPartitions(Uuid topic) {
            return partitions;
          }

          @Override
          public Set<String> racksForPartition(Uuid topic, int partition) {
            return Set.of();
          }
        };
    ConsumerGroupPartitionAssignor assignor =
        name.equals("uniform")
            ? new UniformAssignor()
            : new org.apache.kafka.coordinator.group.assignor.RangeAssignor();
    Map<String, Map<Uuid, Set<Integer>>> owned = new HashMap<>();
    if (hasLeft) {
      assignor
          .assign(groupSpec(members, topics, owned), describer)
          .members()
          .forEach((member, assignment) -> owned.put(member, assignment.partitions()));
    }
    int present = hasLeft ? members - 1 : members;
    return () -> {
      GroupSpec group = groupSpec(present, topics, owned);
      return () -> assignor.assign(group, describer);
    };
  }

  private static GroupSpec groupSpec(
      int members, Set<Uuid> topics, Map<String, Map<Uuid, Set<Integer>>> owned) {
    Map<String, MemberSubscriptionAndAssignmentImpl> specs = new HashMap<>();
    Map<Uuid, Map<Integer, String>> owners = new HashMap<>();
    for (int index = 0; index < members; index++) {
      String member = "member" + index;
      Map<Uuid, Set<Integer>> mine = owned.getOrDefault(member, Map.of());
      mine.forEach(
          (topic, numbers) -> {
            Map<Integer, String> ofTopic = owners.computeIfAbsent(topic, key -> new HashMap<>());
            for (int number : numbers) ofTopic.put(number, member);
          });
      specs.put(
          member,
          new MemberSubscriptionAndAssignmentImpl(
              Optional.empty(), Optional.empty(), topics, new Assignment(mine)));
    }
    return new GroupSpecImpl(specs, SubscriptionType.HOMOGENEOUS, owners);
  }
}
