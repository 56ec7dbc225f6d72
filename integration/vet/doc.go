// Package vet has the facts that prove what coodie's analyzers say: docs/vet has a page for each, which names
// its test here.
package vet
