package main

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

// tellOlder is the story of github.com/aliyun/aliyun-oss-go-sdk, which Terraform and ossutil are built on.
func tellOlder(where account, version, folder string) {
	name := "go-older-" + version
	client := have(oss.New(where.endpoint, where.id, where.secret,
		oss.AuthVersion(oss.AuthVersionType(version)), oss.Region("cn-local")))
	must(client.CreateBucket(name))
	bucket := have(client.Bucket(name))
	say("older", version)
	olderObjects(bucket)
	olderFiles(bucket, folder)
	olderAttributes(bucket)
	olderLists(bucket)
	olderErrors(client, where, name, version)
	olderVersions(client, bucket)
	must(client.DeleteBucket(name))
	say("exists", have(client.IsBucketExist(name)))
}

func olderObjects(bucket *oss.Bucket) {
	must(bucket.PutObject(awkward, strings.NewReader("hello"), oss.Meta("who", "me")))
	say(text(have(bucket.GetObject(awkward))), have(bucket.GetObjectDetailedMeta(awkward)).Get("X-Oss-Meta-Who"))
	say("range", text(have(bucket.GetObject(awkward, oss.Range(1, 3)))))
	have(bucket.CopyObject(awkward, "copy of "+awkward))
	say("copy", text(have(bucket.GetObject("copy of "+awkward))))
	must(bucket.SetObjectMeta(awkward, oss.Meta("who", "you")))
	say("meta", have(bucket.GetObjectDetailedMeta(awkward)).Get("X-Oss-Meta-Who"))
	next := have(bucket.AppendObject("log", strings.NewReader("abc"), 0))
	say("append", have(bucket.AppendObject("log", strings.NewReader("defg"), next)))
	url := have(bucket.SignURL("signed +", oss.HTTPPut, 60, oss.ContentType("text/x")))
	say("signed", fetch("PUT", url, "by url", map[string]string{"Content-Type": "text/x"}))
	say("signed", fetch("GET", have(bucket.SignURL("signed +", oss.HTTPGet, 60)), "", nil))
	must(bucket.PutObject("people.csv", strings.NewReader(people)))
	query := oss.SelectRequest{Expression: "select name from ossobject where id > 1"}
	query.InputSerializationSelect.CsvBodyInput.FileHeaderInfo = "Use"
	say("select", strings.Fields(text(have(bucket.SelectObject("people.csv", query)))))
}

func olderFiles(bucket *oss.Bucket, folder string) {
	from, to := filepath.Join(folder, "from"), filepath.Join(folder, "to")
	data := big(from)
	key, copied := "big "+awkward, "big copy"
	must(bucket.UploadFile(key, from, 200_000, oss.Routines(3), oss.Checkpoint(true, from+".cp")))
	must(bucket.DownloadFile(key, to, 150_000, oss.Routines(3), oss.Checkpoint(true, to+".cp")))
	say("file", same(to, data))
	must(bucket.CopyFile(bucket.BucketName, key, copied, 300_000, oss.Routines(2)))
	must(bucket.GetObjectToFile(copied, to))
	say("copied file", same(to, data))
	upload := have(bucket.InitiateMultipartUpload("half"))
	part := have(bucket.UploadPart(upload, strings.NewReader("part"), 4, 1))
	say("parts", len(have(bucket.ListUploadedParts(upload)).UploadedParts), part.PartNumber)
	say("uploads", have(bucket.ListMultipartUploads()).Uploads[0].Key)
	must(bucket.AbortMultipartUpload(upload))
}

func olderAttributes(bucket *oss.Bucket) {
	must(bucket.PutObjectTagging(awkward, oss.Tagging{Tags: []oss.Tag{{Key: "k +", Value: "v=/"}}}))
	tag := have(bucket.GetObjectTagging(awkward)).Tags[0]
	say("tag", tag.Key, tag.Value)
	must(bucket.PutSymlink("link", awkward))
	say("link", have(bucket.GetSymlink("link")).Get(oss.HTTPHeaderOssSymlinkTarget), text(have(bucket.GetObject("link"))))
	must(bucket.SetObjectACL(awkward, oss.ACLPrivate))
	say("acl", have(bucket.GetObjectACL(awkward)).ACL)
	must(bucket.PutObject("cold", strings.NewReader("ice"), oss.ObjectStorageClass(oss.StorageArchive)))
	must(bucket.RestoreObject("cold"))
	say("cold", have(bucket.GetObjectDetailedMeta("cold")).Get("X-Oss-Restore") != "")
}

func olderLists(bucket *oss.Bucket) {
	must(bucket.PutObject("bell\x07", strings.NewReader("ring")))
	var keys []string
	for token := ""; ; {
		page := have(bucket.ListObjectsV2(oss.MaxKeys(3), oss.ContinuationToken(token)))
		for _, object := range page.Objects {
			keys = append(keys, object.Key)
		}
		if token = page.NextContinuationToken; !page.IsTruncated {
			break
		}
	}
	say("keys", len(keys))
	say("folders", have(bucket.ListObjects(oss.Delimiter("/"))).CommonPrefixes)
	say("deleted", len(have(bucket.DeleteObjects(keys)).DeletedObjects))
	say("left", len(have(bucket.ListObjects()).Objects))
}

func olderErrors(client *oss.Client, where account, name, version string) {
	var service oss.ServiceError
	_, err := have(client.Bucket(name)).GetObject("nope")
	say(errors.As(err, &service), service.StatusCode, service.Code, len(service.RequestID))
	wrong := have(oss.New(where.endpoint, where.id, "wrong",
		oss.AuthVersion(oss.AuthVersionType(version)), oss.Region("cn-local")))
	err = have(wrong.Bucket(name)).PutObject("k", strings.NewReader("v"))
	say(errors.As(err, &service), service.StatusCode, service.Code)
	_, err = client.GetBucketInventory(name, "daily")
	say(errors.As(err, &service), service.StatusCode, service.Code)
}

func olderVersions(client *oss.Client, bucket *oss.Bucket) {
	must(client.SetBucketVersioning(bucket.BucketName, oss.VersioningConfig{Status: "Enabled"}))
	must(bucket.PutObject("k", strings.NewReader("one")))
	must(bucket.PutObject("k", strings.NewReader("two")))
	must(bucket.DeleteObject("k"))
	page := have(bucket.ListObjectVersions())
	first := page.ObjectVersions[1].VersionId
	say("versions", len(page.ObjectVersions), len(page.ObjectDeleteMarkers), text(have(bucket.GetObject("k", oss.VersionId(first)))))
	have(bucket.CopyObject("k", "k", oss.VersionId(first)))
	say("restored", text(have(bucket.GetObject("k"))))
	for _, object := range have(bucket.ListObjectVersions()).ObjectVersions {
		must(bucket.DeleteObject("k", oss.VersionId(object.VersionId)))
	}
	must(bucket.DeleteObject("k", oss.VersionId(page.ObjectDeleteMarkers[0].VersionId)))
}
