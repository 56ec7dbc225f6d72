// Package java prints lists and orders names as the real server does, which is written
// in Java.
package java

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// List prints a List.
func List(names []string) string {
	s := "["
	for i, n := range names {
		if i > 0 {
			s += ", "
		}
		s += n
	}
	return s + "]"
}

// Hash is ByteBuffer.hashCode, javaBucket the place in a small HashMap.
func Hash(b []byte) int32 {
	h := int32(1)
	for i := len(b) - 1; i >= 0; i-- {
		h = 31*h + int32(int8(b[i]))
	}
	return h
}

// Bucket is the place of a hash in a small HashMap.
func Bucket(h int32) uint32 {
	u := uint32(h)
	return (u ^ u>>16) & 15
}

// CompareHashed compares names by where a small hash set of the server has them.
func CompareHashed(a, b string) int {
	return cmp.Compare(Bucket(Hash([]byte(a))), Bucket(Hash([]byte(b))))
}

// Double prints a double.
func Double(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// Set returns the names as a Java HashSet of them lists them.
func Set(names []string) []string {
	var set []string
	for _, n := range names {
		if !slices.Contains(set, n) {
			set = append(set, n)
		}
	}
	buckets := uint32(16)
	for len(set)*4 > int(buckets)*3 {
		buckets *= 2
	}
	bucket := func(s string) uint32 {
		h := uint32(0)
		for _, r := range s {
			h = 31*h + uint32(r)
		}
		return (h ^ h>>16) & (buckets - 1)
	}
	slices.SortStableFunc(set, func(a, b string) int { return int(bucket(a)) - int(bucket(b)) })
	return set
}
