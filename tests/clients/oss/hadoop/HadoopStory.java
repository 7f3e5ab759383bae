import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * One story that any of Hadoop's file systems can tell, told by s3a and by hadoop-aliyun; a line for what worked.
 *
 * <p>Arguments: the root of a bucket (s3a://b/ or oss://b/), and settings as name=value.
 */
public class HadoopStory {
  private static final int MIB = 1024 * 1024;
  private static FileSystem fs;
  private static Path root;

  public static void main(String[] args) throws Exception {
    root = new Path(args[0]);
    Configuration conf = settings(args);
    fs = FileSystem.newInstance(root.toUri(), conf);
    try {
      files();
      parts();
      folders();
      moves();
      writers();
      if (args[0].startsWith("s3a:")) {
        S3aStory.tell(fs, root, conf);
      }
    } finally {
      fs.close();
    }
    wrongSecret(conf);
  }

  private static Configuration settings(String[] args) {
    Configuration conf = new Configuration();
    for (String setting : Arrays.asList(args).subList(1, args.length)) {
      String[] pair = setting.split("=", 2);
      conf.set(pair[0], pair[1]);
    }
    return conf;
  }

  private static void files() throws Exception {
    Path path = new Path(root, "a b/中文 + %41.txt");
    write(path, "first".getBytes());
    write(path, "second, longer".getBytes());
    System.out.println(new String(read(path)) + " " + fs.getFileStatus(path).getLen());
    System.out.println("create again " + refusal(() -> fs.create(path, false)));
    System.out.println("append " + refusal(() -> fs.append(path)));
    System.out.println("read nothing " + refusal(() -> fs.open(new Path(root, "nope"))));
    write(new Path(root, "empty"), new byte[0]);
    System.out.println("empty " + read(new Path(root, "empty")).length);
    System.out.println("gone " + fs.delete(path, false) + " " + fs.exists(path) + " " + fs.delete(path, false));
  }

  /** A file of several parts: the output stream uploads blocks while it is written. */
  private static void parts() throws Exception {
    Path path = new Path(root, "big/blocks");
    byte[] data = pattern(12 * MIB + 7, 1);
    write(path, data);
    System.out.println("big " + fs.getFileStatus(path).getLen() + " " + (crc(read(path)) == crc(data)));
    try (FSDataInputStream in = fs.open(path)) {
      byte[] buffer = new byte[1000];
      in.seek(9 * MIB);
      in.readFully(buffer);
      boolean sought = same(buffer, data, 9 * MIB);
      in.readFully(3 * MIB - 5, buffer);
      System.out.println("seek " + sought + " " + same(buffer, data, 3 * MIB - 5));
      in.seek(data.length - 3);
      System.out.println("end " + in.read(buffer) + " " + in.read(buffer));
    }
    System.out.println("vectored " + vectored(path, data));
  }

  private static boolean vectored(Path path, byte[] data) throws Exception {
    List<FileRange> ranges = new ArrayList<>();
    for (long start : new long[] {5, 2 * MIB, 2 * MIB + 2000, 11 * MIB}) {
      ranges.add(FileRange.createFileRange(start, 1500));
    }
    boolean right = true;
    try (FSDataInputStream in = fs.open(path)) {
      in.readVectored(ranges, ByteBuffer::allocate);
      for (FileRange range : ranges) {
        byte[] found = new byte[range.getLength()];
        range.getData().get().get(found);
        right &= same(found, data, (int) range.getOffset());
      }
    }
    return right;
  }

  private static void folders() throws Exception {
    Path top = new Path(root, "table");
    System.out.println("mkdirs " + fs.mkdirs(new Path(top, "day=1/empty")) + " " + fs.isDirectory(new Path(top, "day=1")));
    for (int number = 0; number < 12; number++) {
      write(new Path(top, "day=" + number % 3 + "/名 " + number), new byte[number]);
    }
    System.out.println("list " + names(fs.listStatus(top)));
    System.out.println("day 1 " + names(fs.listStatus(new Path(top, "day=1"))));
    TreeSet<String> found = new TreeSet<>();
    RemoteIterator<LocatedFileStatus> all = fs.listFiles(top, true);
    while (all.hasNext()) {
      found.add(all.next().getPath().getName());
    }
    System.out.println("recursive " + found.size() + " " + found.first());
    System.out.println("glob " + fs.globStatus(new Path(top, "day={0,2}/*1*")).length);
    ContentSummary summary = fs.getContentSummary(top);
    System.out.println("summary " + summary.getLength() + " in " + summary.getFileCount());
    System.out.println("list nothing " + refusal(() -> fs.listStatus(new Path(root, "nope"))));
    System.out.println("not empty " + refusal(() -> fs.delete(top, false)));
  }

  private static void moves() throws Exception {
    Path big = new Path(root, "big/blocks");
    long before = crc(read(big));
    System.out.println("rename " + fs.rename(big, new Path(root, "big/名 2")) + " " + fs.exists(big));
    System.out.println("moved " + (crc(read(new Path(root, "big/名 2"))) == before));
    System.out.println("rename folder " + fs.rename(new Path(root, "table"), new Path(root, "moved")));
    System.out.println("then " + fs.exists(new Path(root, "table")) + " " + fs.getContentSummary(new Path(root, "moved")).getFileCount());
    System.out.println("delete " + fs.delete(new Path(root, "moved"), true) + " " + fs.exists(new Path(root, "moved")));
  }

  /** Writers of files of their own, of several parts, at the same time. */
  private static void writers() throws Exception {
    Path folder = new Path(root, "writers");
    ExecutorService pool = Executors.newFixedThreadPool(4);
    List<Future<Long>> told = new ArrayList<>();
    for (int number = 0; number < 8; number++) {
      int seed = number;
      told.add(pool.submit(() -> {
        byte[] data = pattern(6 * MIB + seed, seed);
        write(new Path(folder, "w" + seed), data);
        return crc(data);
      }));
    }
    boolean right = true;
    for (int number = 0; number < told.size(); number++) {
      right &= told.get(number).get() == crc(read(new Path(folder, "w" + number)));
    }
    pool.shutdown();
    System.out.println("writers " + fs.listStatus(folder).length + " " + right);
  }

  /** A wrong secret is an answer, not a reason to try again. */
  private static void wrongSecret(Configuration conf) throws Exception {
    Configuration wrong = new Configuration(conf);
    wrong.set("fs.s3a.secret.key", "wrong");
    wrong.set("fs.oss.accessKeySecret", "wrong");
    long start = System.nanoTime();
    String told = refusal(() -> {
      try (FileSystem other = FileSystem.newInstance(root.toUri(), wrong)) {
        other.getFileStatus(new Path(root, "empty"));
      }
      return null;
    });
    System.out.println("wrong secret " + told + " " + (System.nanoTime() - start < 20_000_000_000L));
  }

  static void write(Path path, byte[] data) throws IOException {
    try (FSDataOutputStream out = fs.create(path, true)) {
      out.write(data);
    }
  }

  static byte[] read(Path path) throws IOException {
    try (InputStream in = fs.open(path)) {
      return in.readAllBytes();
    }
  }

  /** What is thrown, by its class. */
  static String refusal(Callable<?> what) {
    try {
      what.call();
      return "nothing";
    } catch (Exception error) {
      return error.getClass().getSimpleName();
    }
  }

  private static List<String> names(FileStatus[] found) {
    List<String> names = new ArrayList<>();
    for (FileStatus status : found) {
      names.add(status.getPath().getName() + (status.isDirectory() ? "/" : ""));
    }
    names.sort(null);
    return names;
  }

  private static byte[] pattern(int size, int seed) {
    byte[] data = new byte[size];
    new java.util.Random(seed).nextBytes(data);
    return data;
  }

  private static boolean same(byte[] found, byte[] data, int start) {
    return Arrays.equals(found, Arrays.copyOfRange(data, start, start + found.length));
  }

  private static long crc(byte[] data) {
    CRC32 sum = new CRC32();
    sum.update(data);
    return sum.getValue();
  }
}
