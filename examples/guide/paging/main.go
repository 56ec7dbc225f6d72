// Paging serves a list page by page over HTTP.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
)

type Track struct {
	Artist string `cql:"artist,partition" json:"-"`
	No     int    `cql:"no,clustering" json:"no"`
	Title  string `cql:"title" json:"title"`
}

var artist = coodie.Col(func(t *Track) *string { return &t.Artist })

func handler(tracks *coodie.Table[Track]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, err := tracks.Find(artist.Eq(r.FormValue("artist"))).
			With(coodie.WithPageSize(2)).Page(r.Context(), r.FormValue("page"))
		switch {
		case coodie.KindOf(err) == coodie.KindPageToken: // damaged, or of another query
			http.Error(w, "begin with the first page", http.StatusBadRequest)
		case err != nil:
			http.Error(w, "try again", http.StatusServiceUnavailable)
		default:
			_ = json.NewEncoder(w).Encode(page)
		}
	}
}

func main() {
	ctx := context.Background()
	server, err := cqltest.Run(cqltest.WithKeyspace("app")) // a cluster in production
	check(err)
	defer server.Close()
	db, err := coodie.Connect(ctx, server.Cluster())
	check(err)
	defer db.Close()
	tracks, err := coodie.Open[Track](db, coodie.WithPageTokenKeys([]byte("32 secret and random bytes .....")))
	check(err)
	check(coodie.Schema(db, tracks).Create(ctx))
	var songs []Track
	for i, title := range []string{"Sugar", "Sinnerman", "Feeling good"} {
		songs = append(songs, Track{Artist: "nina", No: i, Title: title})
	}
	check(tracks.SaveAll(ctx, songs))

	get := func(token string) (page coodie.Page[Track]) {
		r := httptest.NewRequest("GET", "/?artist=nina&page="+url.QueryEscape(token), nil)
		w := httptest.NewRecorder()
		handler(tracks)(w, r)
		fmt.Println(w.Code)
		_ = json.NewDecoder(w.Body).Decode(&page)
		return page
	}
	first := get("")
	second := get(first.Next)
	fmt.Println(len(first.Items), len(second.Items), second.Next == "")
	get(first.Next + "x")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
