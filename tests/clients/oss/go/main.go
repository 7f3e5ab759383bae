// One story with each of the vendor's Go SDKs and each signature; prints a line for each thing that worked.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// Each of these is spelled in a way of its own in a path, a query, a header and a document.
const awkward = "a/中文 +%20&.txt"

const people = "id,name\n1,ann\n2,bob\n3,cem\n"

type account struct{ endpoint, id, secret string }

func main() {
	where := account{os.Args[1], os.Args[2], os.Args[3]}
	folder := os.Args[4]
	for _, version := range []string{"v1", "v4"} {
		tellOlder(where, version, folder)
	}
	for _, version := range []string{"v1", "v4"} {
		tellNewer(where, version, folder)
	}
}

func say(words ...any) { fmt.Println(words...) }

// must ends the program at the first thing that went wrong.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func have[T any](value T, err error) T {
	must(err)
	return value
}

// text reads a body to its end; the SDKs check its CRC-64 there.
func text(body io.ReadCloser) string {
	defer body.Close()
	return string(have(io.ReadAll(body)))
}

// big writes a file of several parts.
func big(path string) []byte {
	data := bytes.Repeat([]byte("0123456789abcdef"), 50_000)
	must(os.WriteFile(path, data, 0o600))
	return data
}

func same(path string, data []byte) bool { return bytes.Equal(have(os.ReadFile(path)), data) }

// fetch gets a signed URL as a browser would, with the headers that were signed.
func fetch(method, url, body string, headers map[string]string) string {
	request := have(http.NewRequest(method, url, strings.NewReader(body)))
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answer := have(http.DefaultClient.Do(request))
	return fmt.Sprint(answer.StatusCode, " ", text(answer.Body))
}
