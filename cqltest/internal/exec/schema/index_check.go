package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/coodie-go/coodie/cqltest/internal/exec/java"
	"github.com/coodie-go/coodie/cqltest/internal/exec/protocol"
	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// CheckOptions refuses options that the server does not take, and targets that
// its own kinds of index cannot cover. warn gets what the server warns of.
func (ix *Index) CheckOptions(t *Table, warn func(string)) error {
	switch {
	case ix.Target == nil:
		return nil
	case ix.StorageAttached():
		return ix.checkAttached(t, warn)
	case ix.SASI():
		return ix.checkSASI()
	}
	return nil
}

var (
	AttachedAnalysis = []string{"ascii", "case_sensitive", "normalize"}
	attachedVector   = []string{"construction_beam_width", "maximum_node_connections", "optimize_for", "similarity_function"}
)

// VectorWarning is told to who makes an index on vectors.
const VectorWarning = "SAI ANN indexes on vector columns are experimental and are not recommended for production use.\n" +
	"They don't yet support SELECT queries with:\n" +
	" * Consistency level higher than ONE/LOCAL_ONE.\n" +
	" * Paging.\n" +
	" * No LIMIT clauses.\n" +
	" * PER PARTITION LIMIT clauses.\n" +
	" * GROUP BY clauses.\n" +
	" * Aggregation functions.\n" +
	" * Filters on columns without a SAI index."

// CheckKnown refuses options that no storage-attached index has.
func (ix *Index) CheckKnown() error {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(ix.Options)) {
		if !slices.Contains(AttachedAnalysis, name) && !slices.Contains(attachedVector, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return protocol.ConfigError("Properties specified %s are not understood by StorageAttachedIndex", java.List(unknown))
	}
	return nil
}

func (ix *Index) checkAttached(t *Table, warn func(string)) error {
	var analysis []string
	for _, name := range AttachedAnalysis {
		if v, given := ix.Options[name]; given {
			analysis = append(analysis, "'"+name+"': '"+v+"'")
		}
	}
	if ix.Target.PrimaryKey() && len(analysis) > 0 {
		return protocol.Invalid("Analysis options are not supported on primary key columns, but found {%s}", strings.Join(analysis, ", "))
	}
	term := ix.Term()
	if len(analysis) > 0 && (!term.IsText() || ix.Mode == "entries") {
		return protocol.Invalid("CQL type %s cannot be analyzed.", ix.termName())
	}
	for _, name := range AttachedAnalysis {
		v, given := ix.Options[name]
		switch {
		case !given, strings.EqualFold(v, "true"), strings.EqualFold(v, "false"):
		case v == "":
			return protocol.Invalid("Empty value for boolean option '%s'", name)
		default:
			return protocol.Invalid("Illegal value for boolean option '%s': %s", name, v)
		}
	}
	vector := term.Kind == types.KindVector
	for _, name := range attachedVector {
		if _, given := ix.Options[name]; given && !vector {
			return protocol.Invalid("CQL type %s cannot have vector options", ix.termName())
		}
	}
	if err := ix.checkVectorOptions(); err != nil {
		return err
	}
	if vector {
		if term.Elem().Kind != types.KindFloat {
			return protocol.Invalid("SAI ANN indexes are only allowed on vector columns with float elements")
		}
		warn(VectorWarning)
		return nil
	}
	for _, part := range ix.termTypes() {
		if part.Kind == types.KindBlob || (part.Kind == types.KindTuple || part.IsCollection() || part.Kind == types.KindUDT) && !part.Frozen {
			return protocol.Invalid("Unsupported type: %s", part)
		}
	}
	return nil
}

func (ix *Index) checkVectorOptions() error {
	if _, given := ix.Options["maximum_node_connections"]; given {
		return protocol.Invalid("Maximum node connections cannot be set without enabling SAI_VECTOR_ALLOW_CUSTOM_PARAMETERS")
	}
	if _, given := ix.Options["construction_beam_width"]; given {
		return protocol.Invalid("Construction beam width cannot be set without enabling SAI_VECTOR_ALLOW_CUSTOM_PARAMETERS")
	}
	if v, given := ix.Options["similarity_function"]; given && !slices.Contains([]string{"EUCLIDEAN", "DOT_PRODUCT", "COSINE"}, strings.ToUpper(v)) {
		return protocol.Invalid("Similarity function %s was not recognized for index null. Valid values are: EUCLIDEAN, DOT_PRODUCT, COSINE", strings.ToUpper(v))
	}
	if v, given := ix.Options["optimize_for"]; given && !slices.Contains([]string{"LATENCY", "RECALL"}, strings.ToUpper(v)) {
		return protocol.Invalid("optimize_for '%s' was not recognized for index null. Valid values are: LATENCY, RECALL", strings.ToUpper(v))
	}
	return nil
}

const sasiAnalyzers = "org.apache.cassandra.index.sasi.analyzer."

func (ix *Index) checkSASI() error {
	t := ix.Target.Type
	switch {
	case (t.IsCollection() || t.Kind == types.KindUDT) && t.IsMultiCell():
		return protocol.ConfigError("complex columns are not yet supported by SASI")
	case ix.Target.Kind == PartitionKey:
		return protocol.ConfigError("partition key columns are not yet supported by SASI")
	}
	if class, given := ix.Options["analyzer_class"]; given {
		if err := ix.checkAnalyzer(class); err != nil {
			return err
		}
	}
	if mode, given := ix.Options["mode"]; given && !slices.Contains([]string{"PREFIX", "CONTAINS", "SPARSE"}, strings.ToUpper(mode)) {
		return protocol.ConfigError("Incorrect index mode: %s", mode)
	}
	if v, given := ix.Options["max_compaction_flush_memory_in_mb"]; given {
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			return protocol.ConfigError("Failed to validate custom indexer options: {max_compaction_flush_memory_in_mb=%s, class_name=%s, target=%s}", v, ix.Class, ix.TargetOption())
		}
	}
	if ix.SASIMode() == "SPARSE" {
		if ix.Literal() {
			return protocol.ConfigError("SPARSE mode is only supported on non-literal columns.")
		}
		if ix.Tokenizes() {
			return protocol.ConfigError("SPARSE mode doesn't support analyzers.")
		}
	}
	return nil
}

func (ix *Index) checkAnalyzer(class string) error {
	name := strings.TrimPrefix(class, sasiAnalyzers)
	switch name {
	case "NoOpAnalyzer":
		return nil
	case "NonTokenizingAnalyzer":
		_, sensitive := ix.Options["case_sensitive"]
		_, lower := ix.Options["normalize_lowercase"]
		_, upper := ix.Options["normalize_uppercase"]
		if sensitive && (lower || upper) {
			return protocol.ConfigError("case_sensitive option cannot be specified together with either normalize_lowercase or normalize_uppercase")
		}
	case "DelimiterAnalyzer":
		if d, given := ix.Options["delimiter"]; given && len([]rune(d)) != 1 {
			return protocol.ServerError("java.lang.RuntimeException: java.lang.reflect.InvocationTargetException")
		}
	case "StandardAnalyzer":
		stem, skip := IsTrue(ix.Options["tokenization_enable_stemming"]), IsTrue(ix.Options["tokenization_skip_stop_words"])
		if lang := ix.language(); stem && slices.Contains(foreignStems, lang) || skip && slices.Contains(foreignStopWords, lang) {
			return protocol.Invalid("cqltest knows neither stems nor stop words of locale %s", ix.Options["tokenization_locale"])
		}
	default:
		return protocol.ConfigError("Invalid analyzer class option specified [%s]", class)
	}
	if !ix.Target.Type.IsText() {
		return protocol.ConfigError("%s does not support type %s", name, ix.Target.Type)
	}
	return nil
}
