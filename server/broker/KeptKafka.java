import java.io.File;
import java.io.IOException;

/**
 * Kafka's server, which ends when its standard input closes: whoever started it is gone, by kill -9 perhaps.
 * Then it removes the folder that its settings are in, because nobody else is left who would.
 */
public final class KeptKafka {
  public static void main(String[] args) {
    Thread watch = new Thread(() -> endWithInput(new File(args[0]).getAbsoluteFile().getParentFile()));
    watch.setDaemon(true);
    watch.start();
    kafka.Kafka.main(args);
  }

  private static void endWithInput(File folder) {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException closed) {
      // As good as its end.
    }
    // Kafka still writes: what it makes anew meanwhile is removed by the next round.
    for (int round = 0; round < 20 && folder.exists(); round += 1) remove(folder);
    Runtime.getRuntime().halt(1);
  }

  private static void remove(File file) {
    File[] inside = file.listFiles();
    if (inside != null) for (File each : inside) remove(each);
    file.delete();
  }
}
