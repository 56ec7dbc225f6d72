// Package pages holds the programs of documentation pages: a test of internal/house compares them.
package pages
