package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gocql/gocql"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/coodie-go/coodie"
)

// connection is how to reach the cluster.
type connection struct {
	file                         string
	hosts                        []string
	port                         int
	keyspace, username, password string
	localDC                      string
	anyDC, tls, tlsNoVerify      bool
	tlsCA, tlsCert, tlsKey       string
	timeout                      time.Duration
}

// configFile is read if it exists and no other one is named.
const configFile = "coodie.yaml"

func (c *connection) flags(f *pflag.FlagSet) {
	f.StringVar(&c.file, "config", "", "configuration `file` (default "+configFile+", if there is one)")
	f.StringSliceVar(&c.hosts, "hosts", []string{"127.0.0.1"}, "`addresses` of nodes, separated by commas")
	f.IntVar(&c.port, "port", 9042, "port of the nodes")
	f.StringVarP(&c.keyspace, "keyspace", "k", "", "keyspace")
	f.StringVarP(&c.username, "username", "u", "", "user to log in as")
	f.StringVar(&c.password, "password", "", "password; others can see flags, so prefer COODIE_PASSWORD")
	f.StringVar(&c.localDC, "local-dc", "", "datacenter whose nodes to use; needed if there are several")
	f.BoolVar(&c.anyDC, "any-dc", false, "use the nodes of all datacenters alike")
	f.BoolVar(&c.tls, "tls", false, "connect by TLS")
	f.StringVar(&c.tlsCA, "tls-ca", "", "`file` of the authority that the nodes' certificates come from")
	f.StringVar(&c.tlsCert, "tls-cert", "", "`file` of the client's certificate")
	f.StringVar(&c.tlsKey, "tls-key", "", "`file` of the client's key")
	f.BoolVar(&c.tlsNoVerify, "tls-no-verify", false, "take any certificate of a node")
	f.DurationVar(&c.timeout, "timeout", 30*time.Second, "how long a request may take")
}

// read sets the flags that were not given: from the environment, or else from the configuration file.
func (c *connection) read(cmd *cobra.Command) error {
	var mistakes []error
	set := map[string]bool{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := "COODIE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if set[f.Name] = f.Changed || ok; f.Changed || !ok {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", name, err))
		}
	})
	if err := c.readFile(cmd, set); err != nil {
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}

func (c *connection) readFile(cmd *cobra.Command, set map[string]bool) error {
	file := c.file
	if file == "" {
		file = configFile
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && c.file == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the configuration file: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if len(doc.Content) == 0 {
		return nil
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		return fmt.Errorf("%s:1:1: it holds flags by name, such as keyspace: app", file)
	}
	var mistakes []error
	for i := 0; i+1 < len(doc.Content[0].Content); i += 2 {
		key, value := doc.Content[0].Content[i], doc.Content[0].Content[i+1]
		at := func(err error) {
			mistakes = append(mistakes, fmt.Errorf("%s:%d:%d: %w", file, key.Line, key.Column, err))
		}
		flag := cmd.Flags().Lookup(key.Value)
		switch {
		case key.Value == "config" || !known(cmd.Root(), key.Value):
			at(fmt.Errorf("there is no flag --%s", key.Value))
			continue
		case flag == nil || set[key.Value]: // of another command, or given
			continue
		}
		text := value.Value
		if value.Kind == yaml.SequenceNode {
			var parts []string
			if err := value.Decode(&parts); err != nil {
				at(err)
				continue
			}
			text = strings.Join(parts, ",")
		}
		if err := cmd.Flags().Set(key.Value, text); err != nil {
			at(err)
		}
	}
	return errors.Join(mistakes...)
}

// known says whether a command, or one beneath it, has the flag.
func known(cmd *cobra.Command, flag string) bool {
	return cmd.LocalFlags().Lookup(flag) != nil || slices.ContainsFunc(cmd.Commands(), func(c *cobra.Command) bool { return known(c, flag) })
}

// connect opens a session on the keyspace.
func (a *app) connect(ctx context.Context) (*coodie.DB, error) {
	c := &a.config
	if c.keyspace == "" {
		return nil, usageError{errors.New("name the keyspace: --keyspace, COODIE_KEYSPACE, or keyspace: in " + configFile)}
	}
	cluster := gocql.NewCluster(c.hosts...)
	cluster.Port, cluster.Keyspace, cluster.Timeout = c.port, c.keyspace, c.timeout
	if c.username != "" {
		cluster.Authenticator = gocql.PasswordAuthenticator{Username: c.username, Password: c.password}
	}
	if c.tls || c.tlsCA != "" || c.tlsCert != "" || c.tlsKey != "" || c.tlsNoVerify {
		if (c.tlsCert == "") != (c.tlsKey == "") {
			return nil, usageError{errors.New("a client's certificate needs both --tls-cert and --tls-key")}
		}
		cluster.SslOpts = &gocql.SslOptions{
			Config: &tls.Config{InsecureSkipVerify: c.tlsNoVerify},
			CaPath: c.tlsCA, CertPath: c.tlsCert, KeyPath: c.tlsKey, EnableHostVerification: !c.tlsNoVerify,
		}
	}
	options := []coodie.ConnectOption{coodie.WithDriverLog(slog.New(slog.DiscardHandler))}
	switch {
	case c.localDC != "":
		options = append(options, coodie.WithLocalDatacenter(c.localDC))
	case c.anyDC:
		options = append(options, coodie.WithAnyDatacenter())
	}
	return coodie.Connect(ctx, cluster, options...)
}
