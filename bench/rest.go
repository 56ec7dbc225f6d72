package main

import (
	"fmt"
	"math"
	"reflect"
	"runtime"
	"time"

	"github.com/gocql/gocql"
	"gopkg.in/inf.v0"

	"github.com/coodie-go/coodie"
)

// twelve is a struct of 12 columns. Each N makes a type of its own, whose description nothing shares.
type twelve[N any] struct {
	Name    string         `cql:"name,partition"`
	Seq     int            `cql:"seq,clustering"`
	Total   int64          `cql:"total"`
	ID      gocql.UUID     `cql:"id"`
	At      time.Time      `cql:"at"`
	Done    bool           `cql:"done"`
	Ratio   float64        `cql:"ratio"`
	Data    []byte         `cql:"data"`
	Tags    []string       `cql:"tags"`
	Counts  map[string]int `cql:"counts"`
	Labels  []string       `cql:"labels,set"`
	Balance *inf.Dec       `cql:"balance"`
}

// TableName tells them apart.
func (twelve[N]) TableName() string { return fmt.Sprint("twelve", reflect.TypeFor[N]().Len()) }

func open1[N any](db *coodie.DB) (any, error) { return coodie.Open[twelve[N]](db) }

// What 30 tables may cost at rest.
const (
	openTables = 30
	openTime   = 5 * time.Millisecond
	openBytes  = 1 << 20
)

// atRest measures what it costs to open 30 tables, and what they keep: the best of three times with types of their own.
func atRest(db *coodie.DB) (result string, err error) {
	opens := []func(*coodie.DB) (any, error){
		open1[[0]byte], open1[[1]byte], open1[[2]byte], open1[[3]byte], open1[[4]byte], open1[[5]byte], open1[[6]byte], open1[[7]byte], open1[[8]byte], open1[[9]byte],
		open1[[10]byte], open1[[11]byte], open1[[12]byte], open1[[13]byte], open1[[14]byte], open1[[15]byte], open1[[16]byte], open1[[17]byte], open1[[18]byte], open1[[19]byte],
		open1[[20]byte], open1[[21]byte], open1[[22]byte], open1[[23]byte], open1[[24]byte], open1[[25]byte], open1[[26]byte], open1[[27]byte], open1[[28]byte], open1[[29]byte],
		open1[[30]byte], open1[[31]byte], open1[[32]byte], open1[[33]byte], open1[[34]byte], open1[[35]byte], open1[[36]byte], open1[[37]byte], open1[[38]byte], open1[[39]byte],
		open1[[40]byte], open1[[41]byte], open1[[42]byte], open1[[43]byte], open1[[44]byte], open1[[45]byte], open1[[46]byte], open1[[47]byte], open1[[48]byte], open1[[49]byte],
		open1[[50]byte], open1[[51]byte], open1[[52]byte], open1[[53]byte], open1[[54]byte], open1[[55]byte], open1[[56]byte], open1[[57]byte], open1[[58]byte], open1[[59]byte],
		open1[[60]byte], open1[[61]byte], open1[[62]byte], open1[[63]byte], open1[[64]byte], open1[[65]byte], open1[[66]byte], open1[[67]byte], open1[[68]byte], open1[[69]byte],
		open1[[70]byte], open1[[71]byte], open1[[72]byte], open1[[73]byte], open1[[74]byte], open1[[75]byte], open1[[76]byte], open1[[77]byte], open1[[78]byte], open1[[79]byte],
		open1[[80]byte], open1[[81]byte], open1[[82]byte], open1[[83]byte], open1[[84]byte], open1[[85]byte], open1[[86]byte], open1[[87]byte], open1[[88]byte], open1[[89]byte],
	}
	took, kept := time.Duration(math.MaxInt64), uint64(math.MaxUint64)
	for ; len(opens) > 0; opens = opens[openTables:] {
		tables := make([]any, openTables)
		before := heap()
		start := cpuTime()
		for i := range tables {
			if tables[i], err = opens[i](db); err != nil {
				return "", err
			}
		}
		took = min(took, cpuTime()-start)
		kept = min(kept, heap()-before)
		runtime.KeepAlive(tables)
	}
	if took > openTime || kept > openBytes {
		err = fmt.Errorf("%d tables of 12 columns take %v and keep %d bytes, and must take %v and %d at most", openTables, took, kept, openTime, openBytes)
	}
	return fmt.Sprintf("%d tables of 12 columns: opened in %.1f ms, %d KiB at rest (must: %v, %d KiB)",
		openTables, float64(took.Microseconds())/1e3, kept>>10, openTime, openBytes>>10), err
}

// heap is how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
