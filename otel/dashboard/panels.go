package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

// dashboard is the file that Grafana imports.
//
//go:embed dashboard.json
var dashboardJSON []byte

// dashboard is what of it is read here.
type dashboard struct {
	Title      string  `json:"title"`
	UID        string  `json:"uid"`
	Panels     []panel `json:"panels"`
	Templating struct {
		List []struct {
			Name  string `json:"name"`
			Type  string `json:"type"`
			Query any    `json:"query"`
		} `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID          int    `json:"id"`
	Title       string `json:"title"`
	Type        string `json:"type"`
	Description string `json:"description"`
	Datasource  struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	} `json:"datasource"`
	GridPos struct {
		X, Y, W, H int
	} `json:"gridPos"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Targets []target `json:"targets"`
}

type target struct {
	RefID        string `json:"refId"`
	Expr         string `json:"expr"`
	LegendFormat string `json:"legendFormat"`
}

func readDashboard() (d dashboard, err error) {
	err = json.Unmarshal(dashboardJSON, &d)
	return d, err
}

// promQL is the query as Grafana sends it, with everything selected.
func (t target) promQL() string {
	return strings.NewReplacer("$__rate_interval", "1m", "$namespace", ".*", "$table", ".*").Replace(t.Expr)
}

// picture is the name of the panel's file.
func (p panel) picture() string {
	words := strings.FieldsFunc(strings.ToLower(p.Title), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	return fmt.Sprintf("%s.svg", strings.Join(words, "-"))
}
