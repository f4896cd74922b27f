// Speed says how long Helm's own engine takes for a chart, in process: a line of JSON for each folder that is named.
//
// Cold is all of it, from the files of the folder to the rendered text; warm is the render alone of a chart that was read
// once, with values made anew, as a program that held the chart in memory would do it. Milliseconds, medians.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

const rounds = 31

type measured struct {
	Chart string  `json:"chart"`
	Cold  float64 `json:"cold"`
	Warm  float64 `json:"warm"`
	Bytes int     `json:"bytes"`
}

func main() {
	for _, folder := range os.Args[1:] {
		one, err := measure(folder)
		if err != nil {
			fmt.Fprintln(os.Stderr, folder+":", err)
			os.Exit(1)
		}
		line, _ := json.Marshal(one)
		fmt.Println(string(line))
	}
}

func measure(folder string) (measured, error) {
	loaded, err := loader.Load(folder)
	if err != nil {
		return measured{}, err
	}
	if err := chartutil.ProcessDependencies(loaded, map[string]any{}); err != nil {
		return measured{}, err
	}
	var cold, warm []float64
	bytes := 0
	for range rounds {
		started := time.Now()
		fresh, err := loader.Load(folder)
		if err != nil {
			return measured{}, err
		}
		if err := chartutil.ProcessDependencies(fresh, map[string]any{}); err != nil {
			return measured{}, err
		}
		if _, err := render(fresh); err != nil {
			return measured{}, err
		}
		cold = append(cold, since(started))
		started = time.Now()
		if bytes, err = render(loaded); err != nil {
			return measured{}, err
		}
		warm = append(warm, since(started))
	}
	return measured{folder, median(cold), median(warm), bytes}, nil
}

func render(loaded *chart.Chart) (int, error) {
	options := chartutil.ReleaseOptions{Name: "one", Namespace: "one", Revision: 1, IsInstall: true}
	values, err := chartutil.ToRenderValues(loaded, map[string]any{}, options, chartutil.DefaultCapabilities)
	if err != nil {
		return 0, err
	}
	files, err := engine.Render(loaded, values)
	bytes := 0
	for _, text := range files {
		bytes += len(text)
	}
	return bytes, err
}

func since(started time.Time) float64 {
	return float64(time.Since(started).Nanoseconds()) / 1e6
}

func median(all []float64) float64 {
	sort.Float64s(all)
	return all[len(all)/2]
}
