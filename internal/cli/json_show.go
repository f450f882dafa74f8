package cli

import "github.com/lemexport/lemexport/exporter/engine"

func (v *jsonView) shown(found engine.Shown) {
	level, message := levelInfo, "Proven complete"
	if !found.Manifest.Proof.Complete {
		level, message = levelWarn, "Not proven complete"
	}
	v.send(level, "show", message, field{"show", found}, field{"complete", found.Manifest.Proof.Complete})
}

func (v *jsonView) pruning(plan *engine.Pruning) {
	files := 0
	for _, table := range plan.Tables {
		files += len(table.Remove)
	}
	v.send(levelInfo, "prune_plan", many(int64(files), "file")+" to remove", field{"prune", plan})
}

func (v *jsonView) pruned(removed []string) {
	v.send(levelInfo, "pruned", many(int64(len(removed)), "file")+" removed", field{"removed", removed})
}
