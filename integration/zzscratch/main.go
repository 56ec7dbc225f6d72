package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gocql/gocql"
)

func main() {
	c := gocql.NewCluster("127.0.0.77")
	c.Timeout = 20 * time.Second
	c.ConnectTimeout = 20 * time.Second
	c.ProtoVersion = 4
	s, err := c.CreateSession()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	ks := "zzscratch" + fmt.Sprint(time.Now().UnixNano())
	s.Query("CREATE KEYSPACE " + ks + " WITH replication = {'class':'SimpleStrategy','replication_factor':1}").Exec()
	defer s.Query("DROP KEYSPACE " + ks).Exec()
	sc := bufio.NewScanner(os.Stdin)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			fmt.Println(line)
			continue
		}
		q := strings.ReplaceAll(line, "KS.", ks+".")
		it := s.Query(q).NoSkipMetadata().Iter()
		var rows []string
		for {
			m := map[string]any{}
			if !it.MapScan(m) {
				break
			}
			if v, ok := m["[applied]"]; ok {
				rows = append(rows, fmt.Sprint(v))
				continue
			}
			rows = append(rows, fmt.Sprint(m))
		}
		if err := it.Close(); err != nil {
			fmt.Println("ERR ", line, "=>", err)
			continue
		}
		fmt.Println("ok  ", line, "=>", strings.Join(rows, " | "))
	}
}
