//go:build race

package cqltest_test

const raceDetector = true
