package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/coodie-go/coodie"
	"github.com/coodie-go/coodie/cmd/coodie/internal/program"
)

// connection is how to reach the cluster.
type connection struct {
	program.Connection
	file string
}

// configFile is read if it exists and no other one is named.
const configFile = "coodie.yaml"

func (c *connection) flags(f *pflag.FlagSet) {
	f.StringVar(&c.file, "config", "", "configuration `file` (default "+configFile+", if there is one)")
	f.StringSliceVar(&c.Hosts, "hosts", []string{"127.0.0.1"}, "`addresses` of nodes, separated by commas")
	f.IntVar(&c.Port, "port", 9042, "port of the nodes")
	f.StringVarP(&c.Keyspace, "keyspace", "k", "", "keyspace")
	f.StringVarP(&c.Username, "username", "u", "", "user to log in as")
	f.StringVar(&c.Password, "password", "", "password; others can see flags, so prefer COODIE_PASSWORD")
	f.StringVar(&c.LocalDC, "local-dc", "", "datacenter whose nodes to use; needed if there are several")
	f.BoolVar(&c.AnyDC, "any-dc", false, "use the nodes of all datacenters alike")
	f.BoolVar(&c.TLS, "tls", false, "connect by TLS")
	f.StringVar(&c.TLSCA, "tls-ca", "", "`file` of the authority that the nodes' certificates come from")
	f.StringVar(&c.TLSCert, "tls-cert", "", "`file` of the client's certificate")
	f.StringVar(&c.TLSKey, "tls-key", "", "`file` of the client's key")
	f.BoolVar(&c.TLSNoVerify, "tls-no-verify", false, "take any certificate of a node")
	f.DurationVar(&c.Timeout, "timeout", 30*time.Second, "how long a request may take")
}

// onCommandLine marks a flag that neither the environment nor the configuration file sets.
const onCommandLine = "coodie: on the command line"

// typed marks a flag of a command.
func typed(cmd *cobra.Command, flag string) {
	_ = cmd.Flags().SetAnnotation(flag, onCommandLine, nil) // it fails without the flag
}

func isTyped(f *pflag.Flag) bool {
	_, marked := f.Annotations[onCommandLine]
	return marked
}

// read sets the flags that were not given: from the environment, or else from the configuration file.
func (c *connection) read(cmd *cobra.Command) error {
	var mistakes []error
	set := map[string]bool{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := "COODIE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		switch {
		case f.Name == "help":
			return
		case isTyped(f) && value != "":
			mistakes = append(mistakes, fmt.Errorf("%s: --%s is taken from the command line only", name, f.Name))
			return
		case isTyped(f):
			return
		}
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
		case isTyped(flag):
			at(fmt.Errorf("--%s is taken from the command line only", key.Value))
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
	if err := a.config.check(); err != nil {
		return nil, err
	}
	return a.config.Connect(ctx)
}

// check says what is missing.
func (c *connection) check() error {
	if c.Keyspace == "" {
		return usageError{errors.New("name the keyspace: --keyspace, COODIE_KEYSPACE, or keyspace: in " + configFile)}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return usageError{errors.New("a client's certificate needs both --tls-cert and --tls-key")}
	}
	return nil
}
