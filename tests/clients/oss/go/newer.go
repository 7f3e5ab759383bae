package main

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// newer is github.com/aliyun/alibabacloud-oss-go-sdk-v2 at work on one bucket.
type newer struct {
	*oss.Client
	ctx    context.Context
	bucket *string
}

func open(where account, version string) *oss.Client {
	signature := map[string]oss.SignatureVersionType{"v1": oss.SignatureVersionV1, "v4": oss.SignatureVersionV4}
	config := oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(where.id, where.secret)).
		WithRegion("cn-local").WithEndpoint(where.endpoint).WithSignatureVersion(signature[version])
	return oss.NewClient(config)
}

func tellNewer(where account, version, folder string) {
	n := newer{open(where, version), context.Background(), oss.Ptr("go-newer-" + version)}
	have(n.PutBucket(n.ctx, &oss.PutBucketRequest{Bucket: n.bucket}))
	say("newer", version)
	n.objects()
	n.files(folder)
	n.attributes()
	n.lists()
	n.errors(open(account{where.endpoint, where.id, "wrong"}, version))
	n.versions()
	have(n.DeleteBucket(n.ctx, &oss.DeleteBucketRequest{Bucket: n.bucket}))
	say("exists", have(n.IsBucketExist(n.ctx, *n.bucket)))
}

func (n newer) put(key, body string) {
	have(n.PutObject(n.ctx, &oss.PutObjectRequest{Bucket: n.bucket, Key: &key, Body: strings.NewReader(body)}))
}

func (n newer) get(key string) string {
	return text(have(n.GetObject(n.ctx, &oss.GetObjectRequest{Bucket: n.bucket, Key: &key})).Body)
}

func (n newer) objects() {
	key := oss.Ptr(awkward)
	have(n.PutObject(n.ctx, &oss.PutObjectRequest{Bucket: n.bucket, Key: key, Body: strings.NewReader("hello"),
		Metadata: map[string]string{"who": "me"}}))
	head := have(n.HeadObject(n.ctx, &oss.HeadObjectRequest{Bucket: n.bucket, Key: key}))
	say(n.get(awkward), head.Metadata["who"])
	part := have(n.GetObject(n.ctx, &oss.GetObjectRequest{Bucket: n.bucket, Key: key, Range: oss.Ptr("bytes=1-3")}))
	say("range", text(part.Body))
	log := have(n.AppendFile(n.ctx, *n.bucket, "log"))
	have(log.Write([]byte("abc")))
	have(log.Write([]byte("defg")))
	must(log.Close())
	file := have(n.OpenFile(n.ctx, *n.bucket, "log"))
	have(file.Seek(2, 0))
	say("append", text(file))
	put := have(n.Presign(n.ctx, &oss.PutObjectRequest{Bucket: n.bucket, Key: oss.Ptr("signed +"),
		ContentType: oss.Ptr("text/x")}, oss.PresignExpires(time.Minute)))
	say("signed", fetch(put.Method, put.URL, "by url", put.SignedHeaders))
	got := have(n.Presign(n.ctx, &oss.GetObjectRequest{Bucket: n.bucket, Key: oss.Ptr("signed +")}))
	say("signed", fetch(got.Method, got.URL, "", got.SignedHeaders))
	n.put("people.csv", people)
	query := &oss.SelectRequest{Expression: oss.Ptr("select name from ossobject where id > 1")}
	query.InputSerializationSelect.CsvBodyInput = &oss.CSVSelectInput{FileHeaderInfo: oss.Ptr("Use")}
	found := have(n.SelectObject(n.ctx, &oss.SelectObjectRequest{Bucket: n.bucket, Key: oss.Ptr("people.csv"), SelectRequest: query}))
	say("select", strings.Fields(text(found.Body)))
}

func (n newer) files(folder string) {
	from, to := filepath.Join(folder, "from"), filepath.Join(folder, "to")
	data := big(from)
	key := oss.Ptr("big " + awkward)
	have(n.NewUploader(func(o *oss.UploaderOptions) {
		o.PartSize = 200_000
		o.EnableCheckpoint = true
		o.CheckpointDir = folder
	}).
		UploadFile(n.ctx, &oss.PutObjectRequest{Bucket: n.bucket, Key: key}, from))
	have(n.NewDownloader(func(o *oss.DownloaderOptions) { o.PartSize = 150_000 }).
		DownloadFile(n.ctx, &oss.GetObjectRequest{Bucket: n.bucket, Key: key}, to))
	say("file", same(to, data))
	copied := oss.Ptr("big copy")
	have(n.NewCopier(func(o *oss.CopierOptions) {
		o.PartSize = 300_000
		o.MultipartCopyThreshold = 1
		o.DisableShallowCopy = true
	}).
		Copy(n.ctx, &oss.CopyObjectRequest{Bucket: n.bucket, Key: copied, SourceKey: key}))
	have(n.GetObjectToFile(n.ctx, &oss.GetObjectRequest{Bucket: n.bucket, Key: copied}, to))
	say("copied file", same(to, data))
	stream := have(n.NewWriteOnlyFile(n.ctx, *n.bucket, "streamed"))
	have(stream.Write(data))
	must(stream.Close())
	say("streamed", n.get("streamed") == string(data))
}

func (n newer) attributes() {
	key := oss.Ptr(awkward)
	tags := &oss.Tagging{TagSet: &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("k +"), Value: oss.Ptr("v=/")}}}}
	have(n.PutObjectTagging(n.ctx, &oss.PutObjectTaggingRequest{Bucket: n.bucket, Key: key, Tagging: tags}))
	tag := have(n.GetObjectTagging(n.ctx, &oss.GetObjectTaggingRequest{Bucket: n.bucket, Key: key})).Tags[0]
	say("tag", *tag.Key, *tag.Value)
	have(n.PutSymlink(n.ctx, &oss.PutSymlinkRequest{Bucket: n.bucket, Key: oss.Ptr("link"), Target: oss.Ptr(url.QueryEscape(awkward))}))
	say("link", n.get("link"))
	have(n.PutObjectAcl(n.ctx, &oss.PutObjectAclRequest{Bucket: n.bucket, Key: key, Acl: oss.ObjectACLPrivate}))
	say("acl", *have(n.GetObjectAcl(n.ctx, &oss.GetObjectAclRequest{Bucket: n.bucket, Key: key})).ACL)
}

func (n newer) lists() {
	n.put("bell\x07", "ring")
	var gone []oss.DeleteObject
	pages := n.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: n.bucket}, func(o *oss.PaginatorOptions) { o.Limit = 3 })
	for pages.HasNext() {
		for _, object := range have(pages.NextPage(n.ctx)).Contents {
			gone = append(gone, oss.DeleteObject{Key: object.Key})
		}
	}
	say("keys", len(gone))
	page := have(n.ListObjects(n.ctx, &oss.ListObjectsRequest{Bucket: n.bucket, Delimiter: oss.Ptr("/")}))
	say("folders", *page.CommonPrefixes[0].Prefix, *page.CommonPrefixes[1].Prefix)
	done := have(n.DeleteMultipleObjects(n.ctx, &oss.DeleteMultipleObjectsRequest{Bucket: n.bucket, Delete: &oss.Delete{Objects: identifiers(gone)}}))
	say("deleted", len(done.DeletedObjects))
	say("left", have(n.ListObjectsV2(n.ctx, &oss.ListObjectsV2Request{Bucket: n.bucket})).KeyCount)
}

func identifiers(objects []oss.DeleteObject) []oss.ObjectIdentifier {
	var found []oss.ObjectIdentifier
	for _, object := range objects {
		found = append(found, oss.ObjectIdentifier{Key: object.Key})
	}
	return found
}

func (n newer) errors(wrong *oss.Client) {
	var service *oss.ServiceError
	_, err := n.GetObject(n.ctx, &oss.GetObjectRequest{Bucket: n.bucket, Key: oss.Ptr("nope")})
	say(errors.As(err, &service), service.StatusCode, service.Code, len(service.RequestID))
	_, err = wrong.PutObject(n.ctx, &oss.PutObjectRequest{Bucket: n.bucket, Key: oss.Ptr("k"), Body: strings.NewReader("v")})
	say(errors.As(err, &service), service.StatusCode, service.Code)
	_, err = n.GetStyle(n.ctx, &oss.GetStyleRequest{Bucket: n.bucket, StyleName: oss.Ptr("s")})
	say(errors.As(err, &service), service.StatusCode, service.Code)
}

func (n newer) versions() {
	enabled := &oss.VersioningConfiguration{Status: oss.VersionEnabled}
	have(n.PutBucketVersioning(n.ctx, &oss.PutBucketVersioningRequest{Bucket: n.bucket, VersioningConfiguration: enabled}))
	n.put("k", "one")
	n.put("k", "two")
	have(n.DeleteObject(n.ctx, &oss.DeleteObjectRequest{Bucket: n.bucket, Key: oss.Ptr("k")}))
	pages := n.NewListObjectVersionsPaginator(&oss.ListObjectVersionsRequest{Bucket: n.bucket, IsMix: true}, func(o *oss.PaginatorOptions) { o.Limit = 2 })
	var ids []string
	for pages.HasNext() {
		for _, version := range have(pages.NextPage(n.ctx)).ObjectVersionsDeleteMarkers {
			ids = append(ids, *version.VersionId)
		}
	}
	first := have(n.GetObject(n.ctx, &oss.GetObjectRequest{Bucket: n.bucket, Key: oss.Ptr("k"), VersionId: &ids[2]}))
	say("versions", len(ids), text(first.Body))
	for _, id := range ids {
		have(n.DeleteObject(n.ctx, &oss.DeleteObjectRequest{Bucket: n.bucket, Key: oss.Ptr("k"), VersionId: &id}))
	}
}
