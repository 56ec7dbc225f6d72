package exec

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

// checkOptions refuses options that the server does not take, and targets that
// its own kinds of index cannot cover. warn gets what the server warns of.
func (ix *index) checkOptions(t *table, warn func(string)) error {
	switch {
	case ix.target == nil:
		return nil
	case ix.storageAttached():
		return ix.checkAttached(t, warn)
	case ix.sasi():
		return ix.checkSASI()
	}
	return nil
}

var (
	attachedAnalysis = []string{"ascii", "case_sensitive", "normalize"}
	attachedVector   = []string{"construction_beam_width", "maximum_node_connections", "optimize_for", "similarity_function"}
)

const vectorWarning = "SAI ANN indexes on vector columns are experimental and are not recommended for production use.\n" +
	"They don't yet support SELECT queries with:\n" +
	" * Consistency level higher than ONE/LOCAL_ONE.\n" +
	" * Paging.\n" +
	" * No LIMIT clauses.\n" +
	" * PER PARTITION LIMIT clauses.\n" +
	" * GROUP BY clauses.\n" +
	" * Aggregation functions.\n" +
	" * Filters on columns without a SAI index."

// checkKnown refuses options that no storage-attached index has.
func (ix *index) checkKnown() error {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(ix.options)) {
		if !slices.Contains(attachedAnalysis, name) && !slices.Contains(attachedVector, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return configError("Properties specified %s are not understood by StorageAttachedIndex", javaList(unknown))
	}
	return nil
}

func (ix *index) checkAttached(t *table, warn func(string)) error {
	var analysis []string
	for _, name := range attachedAnalysis {
		if v, given := ix.options[name]; given {
			analysis = append(analysis, "'"+name+"': '"+v+"'")
		}
	}
	if ix.target.primaryKey() && len(analysis) > 0 {
		return invalid("Analysis options are not supported on primary key columns, but found {%s}", strings.Join(analysis, ", "))
	}
	term := ix.term()
	if len(analysis) > 0 && (!term.IsText() || ix.mode == "entries") {
		return invalid("CQL type %s cannot be analyzed.", ix.termName())
	}
	for _, name := range attachedAnalysis {
		v, given := ix.options[name]
		switch {
		case !given, strings.EqualFold(v, "true"), strings.EqualFold(v, "false"):
		case v == "":
			return invalid("Empty value for boolean option '%s'", name)
		default:
			return invalid("Illegal value for boolean option '%s': %s", name, v)
		}
	}
	vector := term.Kind == types.KindVector
	for _, name := range attachedVector {
		if _, given := ix.options[name]; given && !vector {
			return invalid("CQL type %s cannot have vector options", ix.termName())
		}
	}
	if err := ix.checkVectorOptions(); err != nil {
		return err
	}
	if vector {
		if term.Elem().Kind != types.KindFloat {
			return invalid("SAI ANN indexes are only allowed on vector columns with float elements")
		}
		warn(vectorWarning)
		return nil
	}
	for _, part := range ix.termTypes() {
		if part.Kind == types.KindBlob || (part.Kind == types.KindTuple || part.IsCollection() || part.Kind == types.KindUDT) && !part.Frozen {
			return invalid("Unsupported type: %s", part)
		}
	}
	return nil
}

func (ix *index) checkVectorOptions() error {
	if _, given := ix.options["maximum_node_connections"]; given {
		return invalid("Maximum node connections cannot be set without enabling SAI_VECTOR_ALLOW_CUSTOM_PARAMETERS")
	}
	if _, given := ix.options["construction_beam_width"]; given {
		return invalid("Construction beam width cannot be set without enabling SAI_VECTOR_ALLOW_CUSTOM_PARAMETERS")
	}
	if v, given := ix.options["similarity_function"]; given && !slices.Contains([]string{"EUCLIDEAN", "DOT_PRODUCT", "COSINE"}, strings.ToUpper(v)) {
		return invalid("Similarity function %s was not recognized for index null. Valid values are: EUCLIDEAN, DOT_PRODUCT, COSINE", strings.ToUpper(v))
	}
	if v, given := ix.options["optimize_for"]; given && !slices.Contains([]string{"LATENCY", "RECALL"}, strings.ToUpper(v)) {
		return invalid("optimize_for '%s' was not recognized for index null. Valid values are: LATENCY, RECALL", strings.ToUpper(v))
	}
	return nil
}

// termTypes are the types of what the index holds: of a map's entries, two.
func (ix *index) termTypes() []*types.Type {
	t := ix.target.typ
	switch {
	case ix.mode == "entries":
		return []*types.Type{t.Key(), t.Value()}
	case ix.mode == "keys":
		return []*types.Type{t.Key()}
	case ix.mode == "values" && t.Kind == types.KindMap:
		return []*types.Type{t.Value()}
	case ix.mode == "values":
		return []*types.Type{t.Elem()}
	}
	return []*types.Type{t}
}

func (ix *index) term() *types.Type { return ix.termTypes()[0] }

func (ix *index) termName() string {
	if parts := ix.termTypes(); len(parts) == 2 {
		return "'org.apache.cassandra.db.marshal.CompositeType(" + parts[0].ClassName() + "," + parts[1].ClassName() + ")'"
	}
	return ix.term().String()
}

const sasiAnalyzers = "org.apache.cassandra.index.sasi.analyzer."

func (ix *index) checkSASI() error {
	t := ix.target.typ
	switch {
	case (t.IsCollection() || t.Kind == types.KindUDT) && t.IsMultiCell():
		return configError("complex columns are not yet supported by SASI")
	case ix.target.kind == partitionKey:
		return configError("partition key columns are not yet supported by SASI")
	}
	if class, given := ix.options["analyzer_class"]; given {
		if err := ix.checkAnalyzer(class); err != nil {
			return err
		}
	}
	if mode, given := ix.options["mode"]; given && !slices.Contains([]string{"PREFIX", "CONTAINS", "SPARSE"}, strings.ToUpper(mode)) {
		return configError("Incorrect index mode: %s", mode)
	}
	if v, given := ix.options["max_compaction_flush_memory_in_mb"]; given {
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			return configError("Failed to validate custom indexer options: {max_compaction_flush_memory_in_mb=%s, class_name=%s, target=%s}", v, ix.class, ix.targetOption())
		}
	}
	if ix.sasiMode() == "SPARSE" {
		if ix.literal() {
			return configError("SPARSE mode is only supported on non-literal columns.")
		}
		if ix.tokenizes() {
			return configError("SPARSE mode doesn't support analyzers.")
		}
	}
	return nil
}

func (ix *index) checkAnalyzer(class string) error {
	name := strings.TrimPrefix(class, sasiAnalyzers)
	switch name {
	case "NoOpAnalyzer":
		return nil
	case "NonTokenizingAnalyzer":
		_, sensitive := ix.options["case_sensitive"]
		_, lower := ix.options["normalize_lowercase"]
		_, upper := ix.options["normalize_uppercase"]
		if sensitive && (lower || upper) {
			return configError("case_sensitive option cannot be specified together with either normalize_lowercase or normalize_uppercase")
		}
	case "DelimiterAnalyzer":
		if d, given := ix.options["delimiter"]; given && len([]rune(d)) != 1 {
			return serverError("java.lang.RuntimeException: java.lang.reflect.InvocationTargetException")
		}
	case "StandardAnalyzer":
		for _, name := range []string{"tokenization_enable_stemming", "tokenization_skip_stop_words"} {
			if isTrue(ix.options[name]) {
				return invalid("%s of a StandardAnalyzer is not supported by cqltest", name)
			}
		}
	default:
		return configError("Invalid analyzer class option specified [%s]", class)
	}
	if !ix.target.typ.IsText() {
		return configError("%s does not support type %s", name, ix.target.typ)
	}
	return nil
}

func isTrue(option string) bool { return strings.EqualFold(option, "true") }

// sasiMode is how a SASI index finds values: by prefix, by any part, or by range.
func (ix *index) sasiMode() string {
	if mode := ix.options["mode"]; mode != "" {
		return strings.ToUpper(mode)
	}
	return "PREFIX"
}

// literal says whether a SASI index holds texts.
func (ix *index) literal() bool {
	if v, given := ix.options["is_literal"]; given {
		return isTrue(v)
	}
	return ix.target.typ.IsText()
}

// tokenizes says whether a SASI index holds the words of a text instead of all of it.
func (ix *index) tokenizes() bool {
	if v, given := ix.options["analyzed"]; given {
		return isTrue(v)
	}
	name := strings.TrimPrefix(ix.options["analyzer_class"], sasiAnalyzers)
	return name == "StandardAnalyzer" || name == "DelimiterAnalyzer"
}

// likeKind is which ends of a LIKE pattern are open.
type likeKind uint8

const (
	likeMatches likeKind = iota
	likePrefix
	likeSuffix
	likeContains
)

func (k likeKind) String() string {
	return [...]string{"LIKE '<term>'", "LIKE '<term>%'", "LIKE '%<term>'", "LIKE '%<term>%'"}[k]
}

// supportsLike says whether a SASI index answers a pattern of the kind.
func (ix *index) supportsLike(kind likeKind) bool {
	switch ix.sasiMode() {
	case "CONTAINS":
		return kind != likePrefix || !ix.tokenizes()
	case "PREFIX":
		return kind == likeMatches || kind == likePrefix
	}
	return false
}

// terms returns what the index holds of a text: the text, changed as its options
// say, or its words.
func (ix *index) terms(s string) []string {
	words := []string{s}
	lower, upper := false, false
	if ix.storageAttached() {
		lower = strings.EqualFold(ix.options["case_sensitive"], "false")
		if isTrue(ix.options["normalize"]) {
			words[0] = compose(s)
		}
		if isTrue(ix.options["ascii"]) {
			words[0] = foldASCII(words[0])
		}
	} else {
		class := strings.TrimPrefix(ix.options["analyzer_class"], sasiAnalyzers)
		if class == "" && ix.tokenizes() {
			class = "StandardAnalyzer"
		}
		switch class {
		case "NonTokenizingAnalyzer":
			lower = strings.EqualFold(ix.options["case_sensitive"], "false") || isTrue(ix.options["normalize_lowercase"])
			upper = isTrue(ix.options["normalize_uppercase"])
		case "DelimiterAnalyzer":
			delimiter := ix.options["delimiter"]
			if delimiter == "" {
				delimiter = ","
			}
			words = strings.Split(s, delimiter)
		case "StandardAnalyzer":
			lower, upper = isTrue(ix.options["tokenization_normalize_lowercase"]), isTrue(ix.options["tokenization_normalize_uppercase"])
			words = strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		}
	}
	for i, w := range words {
		if lower {
			words[i] = strings.ToLower(strings.ReplaceAll(w, "İ", "i̇")) // as Java does
		}
		if upper {
			words[i] = strings.ToUpper(w)
		}
	}
	return words
}
