package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cqltest"
	"github.com/coodie-go/coodie/examples/shop/store"
)

// shop is the shop as its customers see it.
type shop struct {
	t   *testing.T
	url string
	srv *cqltest.Server
}

func open(t *testing.T) shop {
	srv := cqltest.RunT(t, cqltest.WithKeyspace("shop"))
	session, err := srv.Cluster().CreateSession()
	require.NoError(t, err)
	t.Cleanup(session.Close)
	s, err := store.Open(t.Context(), coodie.New(session), bytes.Repeat([]byte("k"), 32))
	require.NoError(t, err)
	web := httptest.NewServer(api(s))
	t.Cleanup(web.Close)
	return shop{t, web.URL, srv}
}

// call sends a request and returns the status and the answer.
func (s shop) call(token, method, path string, body any) (status int, answer map[string]any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(s.t, err)
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(text))
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer func() { _ = response.Body.Close() }()
	require.NoError(s.t, json.NewDecoder(response.Body).Decode(&answer))
	return response.StatusCode, answer
}

// must is call of what has to succeed.
func (s shop) must(token, method, path string, body any) map[string]any {
	s.t.Helper()
	status, answer := s.call(token, method, path, body)
	require.Equal(s.t, http.StatusOK, status, answer)
	return answer
}

func (s shop) product(name, sku string, pieces int) {
	s.must("", "POST", "/products", map[string]any{"category": "tea", "name": name, "sku": sku, "cents": 500, "pieces": pieces})
}

// signUp returns the token of a new customer.
func (s shop) signUp(mail string) string {
	s.t.Helper()
	s.must("", "POST", "/customers", map[string]string{"email": mail, "name": "somebody"})
	return s.must("", "POST", "/sessions", map[string]string{"email": mail})["token"].(string)
}

func order(sku string, pieces int) any {
	return map[string]any{"lines": []any{map[string]any{"sku": sku, "pieces": pieces}}}
}

// requireStock looks into the table: what can be ordered of a product, and for how many
// orders some is kept.
func (s shop) requireStock(sku string, free, orders int) {
	s.t.Helper()
	row := s.srv.MustRows("SELECT free, reserved FROM shop.stock WHERE sku = ?", sku)[0]
	require.EqualValues(s.t, free, row["free"])
	if orders == 0 {
		require.Empty(s.t, row["reserved"])
	} else {
		require.Len(s.t, row["reserved"], orders)
	}
}

func TestCatalogue(t *testing.T) {
	s := open(t)
	for i := range 5 {
		s.product(fmt.Sprintf("tea %d", i), fmt.Sprint("T", i), 1)
	}
	var names []string
	page := ""
	for pages := 1; ; pages++ {
		answer := s.must("", "GET", "/catalogue/tea?size=2&page="+url.QueryEscape(page), nil)
		for _, p := range answer["products"].([]any) {
			names = append(names, p.(map[string]any)["name"].(string))
		}
		if page, _ = answer["next"].(string); page == "" {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Equal(t, []string{"tea 0", "tea 1", "tea 2", "tea 3", "tea 4"}, names)

	first := s.must("", "GET", "/catalogue/tea?size=2", nil)["next"].(string)
	for what, path := range map[string]string{
		"of another category": "/catalogue/coffee?size=2&page=" + url.QueryEscape(first),
		"damaged":             "/catalogue/tea?size=2&page=" + url.QueryEscape("A"+first[1:]+"A"),
	} {
		status, _ := s.call("", "GET", path, nil)
		require.Equal(t, http.StatusBadRequest, status, what)
	}
}

func TestUniqueEmail(t *testing.T) {
	s := open(t)
	var created, refused atomic.Int32
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			switch status, _ := s.call("", "POST", "/customers", map[string]string{"email": "ann@example.com", "name": "Ann"}); status {
			case http.StatusOK:
				created.Add(1)
			case http.StatusConflict:
				refused.Add(1)
			}
		})
	}
	running.Wait()
	require.EqualValues(t, 1, created.Load())
	require.EqualValues(t, 7, refused.Load())
	require.Len(t, s.srv.MustRows("SELECT * FROM shop.customers"), 1)
}

func TestSessionEnds(t *testing.T) {
	s := open(t)
	token := s.signUp("ann@example.com")
	status, _ := s.call(token, "POST", "/orders", order("nothing", 1))
	require.Equal(t, http.StatusConflict, status, "signed in, but there is no such product")
	s.srv.FastForward(25 * time.Hour)
	status, _ = s.call(token, "POST", "/orders", order("nothing", 1))
	require.Equal(t, http.StatusUnauthorized, status)
}

func TestOrder(t *testing.T) {
	s := open(t)
	s.product("Assam", "T1", 10)
	ann, bob := s.signUp("ann@example.com"), s.signUp("bob@example.com")

	placed := s.must(ann, "POST", "/orders", order("T1", 3))
	require.Equal(t, "placed", placed["state"])
	id := placed["id"].(string)
	status, answer := s.call(ann, "POST", "/orders/"+id+"/shipped", nil)
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, answer["error"], "it is placed")
	status, _ = s.call(bob, "POST", "/orders/"+id+"/paid", nil)
	require.Equal(t, http.StatusNotFound, status, "somebody else's order")

	for _, state := range []string{"paid", "shipped", "shipped"} { // the second changes nothing
		require.Equal(t, state, s.must(ann, "POST", "/orders/"+id+"/"+state, nil)["state"])
	}
	s.requireStock("T1", 7, 0)

	other := s.must(bob, "POST", "/orders", order("T1", 7))["id"].(string)
	s.requireStock("T1", 0, 1)
	status, _ = s.call(ann, "POST", "/orders", order("T1", 1))
	require.Equal(t, http.StatusConflict, status, "out of stock")
	require.Equal(t, "cancelled", s.must(bob, "POST", "/orders/"+other+"/cancelled", nil)["state"])
	s.requireStock("T1", 7, 0)
}

// Many customers want the last pieces, and some answers are lost: none is sold twice, and
// none disappears.
func TestLastPieces(t *testing.T) {
	s := open(t)
	s.product("Assam", "T1", 5)
	tokens := make([]string, 12)
	for i := range tokens {
		tokens[i] = s.signUp(fmt.Sprintf("c%d@example.com", i))
	}
	s.srv.Fault(cqltest.On(cqltest.Conditional, "stock").Chance(0.2, 1), cqltest.Apply, cqltest.WriteTimeout("CAS"))
	var placed atomic.Int32
	var running sync.WaitGroup
	for _, token := range tokens {
		running.Go(func() {
			if status, _ := s.call(token, "POST", "/orders", order("T1", 1)); status == http.StatusOK {
				placed.Add(1)
			}
		})
	}
	running.Wait()
	require.EqualValues(t, 5, placed.Load())
	s.requireStock("T1", 0, 5)
}
