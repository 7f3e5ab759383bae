import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.AppendObjectRequest;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.DeleteObjectsRequest;
import com.aliyun.oss.model.GetObjectRequest;
import com.aliyun.oss.model.InitiateMultipartUploadRequest;
import com.aliyun.oss.model.ListObjectsV2Request;
import com.aliyun.oss.model.OSSObject;
import com.aliyun.oss.model.OSSObjectSummary;
import com.aliyun.oss.model.ObjectMetadata;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.UploadPartRequest;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

/** One story with the official Java SDK of OSS, with each signature; prints a line for each thing that worked. */
public class OssStory {
  public static void main(String[] args) throws Exception {
    for (SignVersion version : new SignVersion[] {SignVersion.V1, SignVersion.V4}) {
      ClientBuilderConfiguration config = new ClientBuilderConfiguration();
      config.setSignatureVersion(version);
      OSS oss =
          OSSClientBuilder.create()
              .endpoint(args[0])
              .region("cn-local")
              .credentialsProvider(new DefaultCredentialProvider(args[1], args[2]))
              .clientConfiguration(config)
              .build();
      try {
        tell(oss, "java-" + version.toString().toLowerCase());
      } finally {
        oss.shutdown();
      }
    }
  }

  private static void tell(OSS oss, String bucket) throws Exception {
    oss.createBucket(bucket);
    ObjectMetadata metadata = new ObjectMetadata();
    metadata.addUserMetadata("who", "me");
    oss.putObject(bucket, "a/中文 +", new ByteArrayInputStream("hello".getBytes()), metadata);
    OSSObject object = oss.getObject(bucket, "a/中文 +");
    System.out.println(read(object.getObjectContent()) + " " + object.getObjectMetadata().getUserMetadata());
    GetObjectRequest range = new GetObjectRequest(bucket, "a/中文 +");
    range.setRange(1, 3);
    System.out.println("range " + read(oss.getObject(range).getObjectContent()));
    long next =
        oss.appendObject(new AppendObjectRequest(bucket, "log", new ByteArrayInputStream(new byte[7])).withPosition(0L))
            .getNextPosition();
    System.out.println("append " + next);
    System.out.println("parts " + upload(oss, bucket, "big"));
    oss.copyObject(bucket, "big", bucket, "copy");
    List<String> keys = new ArrayList<>();
    for (OSSObjectSummary summary : oss.listObjectsV2(new ListObjectsV2Request(bucket)).getObjectSummaries()) {
      keys.add(summary.getKey());
    }
    System.out.println("keys " + keys);
    System.out.println("folders " + folders(oss, bucket));
    InputStream signed =
        oss.generatePresignedUrl(bucket, "big", new Date(System.currentTimeMillis() + 60000)).openStream();
    System.out.println("signed " + read(signed).length());
    try {
      oss.getObject(bucket, "nope");
    } catch (OSSException error) {
      System.out.println(error.getErrorCode() + " " + (error.getRequestId().length() == 24));
    }
    System.out.println("deleted " + oss.deleteObjects(new DeleteObjectsRequest(bucket).withKeys(keys)).getDeletedObjects().size());
    oss.deleteBucket(bucket);
    System.out.println("exists " + oss.doesBucketExist(bucket));
  }

  private static long upload(OSS oss, String bucket, String key) {
    String id = oss.initiateMultipartUpload(new InitiateMultipartUploadRequest(bucket, key)).getUploadId();
    List<PartETag> etags = new ArrayList<>();
    for (int number = 1; number <= 3; number++) {
      UploadPartRequest part = new UploadPartRequest(bucket, key, id, number, new ByteArrayInputStream(new byte[200000]), 200000);
      etags.add(oss.uploadPart(part).getPartETag());
    }
    oss.completeMultipartUpload(new CompleteMultipartUploadRequest(bucket, key, id, etags));
    return oss.getObjectMetadata(bucket, key).getContentLength();
  }

  private static List<String> folders(OSS oss, String bucket) {
    return oss.listObjectsV2(new ListObjectsV2Request(bucket).withDelimiter("/")).getCommonPrefixes();
  }

  private static String read(InputStream stream) throws Exception {
    try (stream) {
      return new String(stream.readAllBytes(), "UTF-8");
    }
  }
}
