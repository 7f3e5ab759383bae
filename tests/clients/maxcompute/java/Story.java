import com.aliyun.odps.Column;
import com.aliyun.odps.Instance;
import com.aliyun.odps.Odps;
import com.aliyun.odps.OdpsException;
import com.aliyun.odps.OdpsType;
import com.aliyun.odps.Partition;
import com.aliyun.odps.PartitionSpec;
import com.aliyun.odps.Table;
import com.aliyun.odps.TableSchema;
import com.aliyun.odps.account.AliyunAccount;
import com.aliyun.odps.data.Record;
import com.aliyun.odps.data.RecordReader;
import com.aliyun.odps.data.RecordWriter;
import com.aliyun.odps.data.ResultSet;
import com.aliyun.odps.security.SecurityManager;
import com.aliyun.odps.sqa.ExecuteMode;
import com.aliyun.odps.sqa.SQLExecutor;
import com.aliyun.odps.sqa.SQLExecutorBuilder;
import com.aliyun.odps.task.SQLTask;
import com.aliyun.odps.tunnel.TableTunnel;
import com.aliyun.odps.tunnel.io.CompressOption;
import com.google.gson.JsonParser;
import java.util.HashMap;
import java.util.List;

/** One story with the official Java SDK; prints a line for each thing that worked. */
public class Story {
  private static final CompressOption.CompressAlgorithm[] CODINGS = {
    CompressOption.CompressAlgorithm.ODPS_ZLIB,
    CompressOption.CompressAlgorithm.ODPS_SNAPPY,
    CompressOption.CompressAlgorithm.ODPS_LZ4_FRAME
  };

  public static void main(String[] args) throws Exception {
    Odps odps = new Odps(new AliyunAccount(args[1], args[2]));
    odps.setEndpoint(args[0]);
    odps.setDefaultProject(args[3]);

    System.out.println("project " + odps.projects().get().getName());
    SQLTask.run(odps, "create table j (a bigint, s string, d double) partitioned by (pt string);").waitForSuccess();
    Table table = odps.tables().get("j");
    TableSchema schema = table.getSchema();
    System.out.println("columns " + schema.getColumns().size() + " partitions " + schema.getPartitionColumns().size());
    table.createPartition(new PartitionSpec("pt='1'"));
    for (Partition partition : table.getPartitions()) {
      System.out.println("partition " + partition.getPartitionSpec());
    }

    TableTunnel tunnel = new TableTunnel(odps);
    TableTunnel.UploadSession up = tunnel.createUploadSession(args[3], "j", new PartitionSpec("pt='1'"));
    RecordWriter writer = up.openRecordWriter(0);
    for (long i = 0; i < 1000; i++) {
      Record record = up.newRecord();
      record.setBigint("a", i);
      record.setString("s", "row " + i + " 中文");
      record.setDouble("d", i / 2.0);
      writer.write(record);
    }
    writer.close();
    up.commit(new Long[] {0L});

    TableTunnel.DownloadSession down = tunnel.createDownloadSession(args[3], "j", new PartitionSpec("pt='1'"));
    RecordReader reader = down.openRecordReader(0, down.getRecordCount());
    long sum = 0;
    Record found;
    while ((found = reader.read()) != null) {
      sum += found.getBigint("a");
    }
    reader.close();
    System.out.println("downloaded " + down.getRecordCount() + " sum " + sum);

    StringBuilder partitions = new StringBuilder();
    RecordReader head = table.read(2);
    int first = 0;
    while ((found = head.read()) != null) {
      first++;
      partitions.append(' ').append(found.getString("pt"));
    }
    System.out.println("read " + first + " of the first rows, pt" + partitions);
    System.out.println("shipped " + shipped(odps, tunnel, args[3]));

    for (CompressOption.CompressAlgorithm algorithm : CODINGS) {
      System.out.println(algorithm + " " + compressed(tunnel, args[3], new CompressOption(algorithm, 1, 0)));
    }

    Instance instance = SQLTask.run(odps, "select count(*) as c, max(s) as m from j where pt = '1';");
    instance.waitForSuccess();
    List<Record> rows = SQLTask.getResult(instance);
    System.out.println("result " + rows.get(0).getString(0) + " " + rows.get(0).getString(1));
    ResultSet results = SQLTask.getResultSet(instance);
    for (Record row : results) {
      System.out.println("tunnel result " + row.get("c"));
    }
    System.out.println("logview " + odps.logview().generateLogView(instance, 1).contains(instance.getId()));

    administer(odps);
    SQLExecutor executor = SQLExecutorBuilder.builder().odps(odps).executeMode(ExecuteMode.OFFLINE).build();
    executor.run("select a from j where pt = '1' limit 2;", new HashMap<>());
    System.out.println("executor " + executor.getResult().size() + " rows");
    SQLTask.run(odps, "create table k (a bigint) clustered by (a) into 4 buckets;").waitForSuccess();
    Table.ClusterInfo cluster = odps.tables().get("k").getClusterInfo();
    System.out.println(
        "clustered " + cluster.getClusterType().toLowerCase() + " " + cluster.getBucketNum() + " " + cluster.getClusterCols());

    try {
      SQLTask.run(odps, "select * from missing;").waitForSuccess();
    } catch (OdpsException error) {
      System.out.println("refused " + error.getMessage().contains("ODPS-0130131"));
    }
    System.out.println("exists " + odps.tables().exists("j") + " " + odps.tables().exists("missing"));
    odps.tables().delete("j");
    System.out.println("exists " + odps.tables().exists("j"));
  }

  /** What a JDBC connection and the console ask before anything else. */
  private static void administer(Odps odps) throws Exception {
    System.out.println("tenant " + odps.tenant().getProperty("odps.namespace.schema"));
    SecurityManager security = odps.projects().get().getSecurityManager();
    String who = security.runQuery("whoami", false);
    System.out.println("whoami " + new JsonParser().parse(who).getAsJsonObject().has("DisplayName"));
    boolean json = security.runQuery("show grants", true).startsWith("{");
    System.out.println("security " + json + " " + security.runQuery("list users", false).startsWith("[users]"));
  }

  /** Rows as the console's tunnel commands move them: an upload looked at again, a download made behind. */
  private static String shipped(Odps odps, TableTunnel tunnel, String project) throws Exception {
    PartitionSpec spec = new PartitionSpec("pt='ship'");
    odps.tables().get("j").createPartition(spec);
    TableTunnel.UploadSession up = tunnel.createUploadSession(project, null, "j", spec, true);
    RecordWriter writer = up.openRecordWriter(1L, true);
    for (long i = 0; i < 3; i++) {
      Record record = up.newRecord();
      record.set("a", i);
      record.set("s", "text".getBytes("UTF-8"));
      writer.write(record);
    }
    writer.close();
    tunnel.getUploadSession(project, null, "j", spec, up.getId()).commit(new Long[] {1L});
    TableTunnel.DownloadSessionBuilder builder =
        tunnel.buildDownloadSession(project, "j").setPartitionSpec(spec).setAsyncMode(true).setWaitAsyncBuild(false);
    TableTunnel.DownloadSession down = builder.build();
    while (!builder.wait(down, 2, 60)) {}
    RecordReader reader = down.openRecordReader(0, down.getRecordCount(), true);
    int rows = 0;
    while (reader.read() != null) {
      rows++;
    }
    reader.close();
    return rows + " " + down.getStatus();
  }

  /** Rows through a block and a pack, and back, compressed all the way; returns their sum. */
  private static long compressed(TableTunnel tunnel, String project, CompressOption option) throws Exception {
    PartitionSpec spec = new PartitionSpec("pt='" + option.algorithm + "'");
    TableTunnel.StreamUploadSession stream =
        tunnel.buildStreamUploadSession(project, "j").setPartitionSpec(spec).setCreatePartition(true).build();
    TableTunnel.StreamRecordPack pack = stream.newRecordPack(option);
    Record record = stream.newRecord();
    record.setBigint("a", 1_000_000L);
    pack.append(record);
    pack.flush();

    TableTunnel.UploadSession up = tunnel.createUploadSession(project, "j", spec);
    RecordWriter writer = up.openRecordWriter(0, option);
    for (long i = 0; i < 50_000; i++) {
      Record row = up.newRecord();
      row.setBigint("a", i);
      row.setString("s", "row " + i % 7);
      writer.write(row);
    }
    writer.close();
    up.commit(new Long[] {0L});

    TableTunnel.DownloadSession down = tunnel.createDownloadSession(project, "j", spec);
    RecordReader reader = down.openRecordReader(0, down.getRecordCount(), option);
    long sum = 0;
    Record found;
    while ((found = reader.read()) != null) {
      sum += found.getBigint("a");
    }
    reader.close();
    return sum;
  }
}
