import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.BulkDelete;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.commit.magic.MagicS3GuardCommitter;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.TaskAttemptID;
import org.apache.hadoop.mapreduce.TaskType;
import org.apache.hadoop.mapreduce.task.TaskAttemptContextImpl;

/** What only s3a has: conditional creation, deletion in bulk, change detection and the magic committer. */
public class S3aStory {
  static void tell(FileSystem fs, Path root, Configuration conf) throws Exception {
    conditions(fs, root);
    bulk(fs, root);
    changes(root, conf);
    magic(fs, new Path(root, "committed"), conf);
  }

  /** If-None-Match: the later of two writers is refused, when it closes. */
  private static void conditions(FileSystem fs, Path root) throws Exception {
    Path path = new Path(root, "once");
    FSDataOutputStream slow = once(fs, path);
    slow.write(1);
    try (FSDataOutputStream fast = once(fs, path)) {
      fast.write("fast".getBytes());
    }
    System.out.println("once " + HadoopStory.refusal(() -> {
      slow.close();
      return null;
    }) + " " + new String(HadoopStory.read(path)));
  }

  private static FSDataOutputStream once(FileSystem fs, Path path) throws Exception {
    FSDataOutputStreamBuilder<?, ?> builder = fs.createFile(path).overwrite(true);
    builder.opt("fs.option.create.conditional.overwrite", true);
    return (FSDataOutputStream) builder.build();
  }

  private static void bulk(FileSystem fs, Path root) throws Exception {
    Path folder = new Path(root, "bulk");
    Path one = new Path(folder, "1 ü&<"), two = new Path(folder, "2");
    HadoopStory.write(one, new byte[1]);
    HadoopStory.write(two, new byte[1]);
    try (BulkDelete bulk = fs.createBulkDelete(folder)) {
      List<Map.Entry<Path, String>> failed = bulk.bulkDelete(List.of(one, two, new Path(folder, "3")));
      System.out.println("bulk " + failed + " " + fs.exists(one) + " " + fs.exists(two));
    }
  }

  /** A reader that holds nothing back learns that its file was written anew. */
  private static void changes(Path root, Configuration conf) throws Exception {
    Path path = new Path(root, "changing");
    HadoopStory.write(path, new byte[3_000_000]);
    Configuration classic = new Configuration(conf);
    classic.set("fs.s3a.input.stream.type", "classic");
    try (FileSystem other = FileSystem.newInstance(root.toUri(), classic); FSDataInputStream in = other.open(path)) {
      in.seek(2_000_000);
      in.read();
      HadoopStory.write(path, new byte[2_000_000]);
      in.seek(0);
      System.out.println("changed " + HadoopStory.refusal(in::read));
    }
  }

  /** Nothing is there before the job is committed: the uploads of its tasks wait to be completed. */
  private static void magic(FileSystem fs, Path out, Configuration conf) throws Exception {
    TaskAttemptContext task =
        new TaskAttemptContextImpl(conf, new TaskAttemptID("20130509", 1, TaskType.MAP, 0, 0));
    MagicS3GuardCommitter committer = new MagicS3GuardCommitter(out, task);
    committer.setupJob(task);
    committer.setupTask(task);
    HadoopStory.write(new Path(committer.getWorkPath(), "day=1/part-0"), new byte[6_000_000]);
    HadoopStory.write(new Path(committer.getWorkPath(), "day=2/part-0"), new byte[10]);
    committer.commitTask(task);
    System.out.print("magic " + fs.exists(new Path(out, "day=1/part-0")));
    committer.commitJob(task);
    FileStatus found = fs.getFileStatus(new Path(out, "day=1/part-0"));
    System.out.println(" " + found.getLen() + " " + fs.exists(new Path(out, "_SUCCESS")) + " " + fs.exists(new Path(out, "day=2/part-0")));
  }
}
