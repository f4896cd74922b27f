// Oracle renders snippets with Helm's own engine, by the thousand in one process.
//
// Each line of its input is a JSON question, each line of its output the JSON answer to it, in the same order. The
// first question names the chart that all snippets are put in. A snippet is rendered several times, because Go ranges
// over maps in any order and some of Helm's answers depend on that: all different answers are given.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"reflect"
	"runtime"
	"sort"
	"strings"
	"sync"
	"text/template"
	_ "unsafe" // for go:linkname

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

//go:linkname funcMap helm.sh/helm/v3/pkg/engine.funcMap
func funcMap() template.FuncMap

// What text/template itself brings: it tells nobody, so that the names are those of its documentation.
var builtin = []string{"and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or",
	"print", "printf", "println", "slice", "urlquery"}

type question struct {
	// The chart of all later questions: texts by path.
	Chart map[string]string `json:"chart"`
	// What is rendered: the chart's file `templates/t.yaml`.
	Template string `json:"template"`
	// More files of the chart.
	Files map[string]string `json:"files"`
	// The values; without them, those of the chart.
	Values json.RawMessage `json:"values"`
	// How often it is rendered; once, if not given.
	Times int `json:"times"`
	// Asks for the functions' names and types instead.
	Functions bool `json:"functions"`
}

type said struct {
	// Bytes, which JSON holds in base64.
	Text []byte `json:"text"`
	OK   bool   `json:"ok"`
}

type answer struct {
	Said      []said            `json:"said,omitempty"`
	Functions map[string]string `json:"functions,omitempty"`
}

const mainTemplate = "templates/t.yaml"

var base *chart.Chart

func main() {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	decoder := json.NewDecoder(input)
	output := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer output.Flush()
	type job struct {
		question question
		answer   chan []byte
	}
	order := make(chan chan []byte, 4096)
	jobs := make(chan job, 4096)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for job := range jobs {
				line, err := json.Marshal(ask(&job.question))
				if err != nil {
					panic(err)
				}
				job.answer <- line
			}
		})
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		for answer := range order {
			output.Write(<-answer)
			output.WriteByte('\n')
			if len(order) == 0 {
				output.Flush()
			}
		}
	})
	for decoder.More() {
		var q question
		if err := decoder.Decode(&q); err != nil {
			fmt.Fprintln(os.Stderr, "oracle:", err)
			os.Exit(1)
		}
		if q.Chart != nil {
			base = load(q.Chart)
			continue
		}
		line := make(chan []byte, 1)
		order <- line
		jobs <- job{q, line}
	}
	close(jobs)
	close(order)
	workers.Wait()
	writer.Wait()
}

func load(files map[string]string) *chart.Chart {
	var buffered []*loader.BufferedFile
	for name, text := range files {
		buffered = append(buffered, &loader.BufferedFile{Name: name, Data: []byte(text)})
	}
	sort.Slice(buffered, func(i, j int) bool { return buffered[i].Name < buffered[j].Name })
	loaded, err := loader.LoadFiles(buffered)
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
	return loaded
}

func ask(q *question) answer {
	if q.Functions {
		return answer{Functions: functions()}
	}
	var all []said
	for range max(q.Times, 1) {
		one := render(q)
		known := false
		for _, other := range all {
			known = known || other.OK == one.OK && string(other.Text) == string(one.Text)
		}
		if !known {
			all = append(all, one)
		}
	}
	return answer{Said: all}
}

func render(q *question) said {
	made := &chart.Chart{Metadata: base.Metadata, Files: append([]*chart.File{}, base.Files...)}
	made.Templates = append(made.Templates, base.Templates...)
	made.Templates = append(made.Templates, &chart.File{Name: mainTemplate, Data: []byte(q.Template)})
	for name, text := range q.Files {
		file := &chart.File{Name: name, Data: []byte(text)}
		if strings.HasPrefix(name, "templates/") {
			made.Templates = append(made.Templates, file)
		} else {
			made.Files = append(made.Files, file)
		}
	}
	var values map[string]any
	if q.Values != nil {
		if err := json.Unmarshal(q.Values, &values); err != nil {
			return said{Text: []byte("values: " + err.Error())}
		}
	} else {
		// A copy: templates change what they are given.
		text, _ := json.Marshal(base.Values)
		json.Unmarshal(text, &values)
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: "v1.33.0", Major: "1", Minor: "33"}
	capabilities.APIVersions = chartutil.VersionSet{"v1", "apps/v1", "batch/v1"}
	capabilities.HelmVersion.Version = "v3.22.0"
	capabilities.HelmVersion.GoVersion = ""
	options := chartutil.ReleaseOptions{Name: "rel", Namespace: "ns", Revision: 1, IsInstall: true}
	top, err := chartutil.ToRenderValuesWithSchemaValidation(made, values, options, capabilities, true)
	if err != nil {
		return said{Text: []byte(err.Error())}
	}
	rendered, err := engine.Render(made, top)
	if err != nil {
		return said{Text: []byte(err.Error())}
	}
	return said{OK: true, Text: []byte(rendered[path.Join(base.Name(), mainTemplate)])}
}

func functions() map[string]string {
	all := map[string]string{}
	for _, name := range builtin {
		all[name] = "builtin"
		if _, err := template.New("").Parse("{{ " + name + " 1 }}"); err != nil {
			all[name] = err.Error()
		}
	}
	for name, function := range funcMap() {
		all[name] = reflect.TypeOf(function).String()
	}
	for _, late := range []string{"fail", "getHostByName"} {
		if _, ok := all[late]; !ok {
			all[late] = "late"
		}
	}
	return all
}
