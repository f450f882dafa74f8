package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// PruneOptions say what stays.
type PruneOptions struct {
	// Keep is how many files stay, at least; 0 is every file since the last full proof.
	Keep int
}

// PrunePlan is what pruning does to one export.
type PrunePlan struct {
	// Location is the pointer, or the folder of an append.
	Location string `json:"location"`
	Table    string `json:"table"`
	Kind     string `json:"kind"`
	// Keep and Remove are the newest first. Remove includes files of versions that no
	// pointer names.
	Keep   []exporter.StoredFile `json:"keep"`
	Remove []exporter.StoredFile `json:"remove"`
	// Reason is a sentence that says why files stay that the options would remove; "" when
	// none do.
	Reason string `json:"reason,omitempty"`

	at      tableExports
	names   []string // of Remove, in the order of their removal
	pointer *pointed // as it will be; nil for an append
}

// Pruning is a plan to prune a location.
type Pruning struct {
	RunID  string      `json:"run_id"`
	Tables []PrunePlan `json:"tables"`
	pruner pruner
}

// Pending reports whether there is something to remove.
func (p *Pruning) Pending() bool {
	return slices.ContainsFunc(p.Tables, func(one PrunePlan) bool { return len(one.names) > 0 })
}

// pruner plans and prunes.
type pruner struct {
	from     locator
	location string
	options  PruneOptions
	runID    string
}

func planPrune(ctx context.Context, p pruner) (*Pruning, error) {
	found, err := p.from.exportsAt(ctx, p.location)
	if err != nil {
		return nil, err
	}
	plan := &Pruning{RunID: p.runID, pruner: p}
	for _, one := range found {
		switch {
		case one.broken != nil:
			return nil, one.broken
		case one.pointer != nil:
			table, err := p.versions(ctx, one)
			if err != nil {
				return nil, err
			}
			plan.Tables = append(plan.Tables, table)
		case len(one.appended) > 0:
			table, err := p.appended(ctx, one)
			if err != nil {
				return nil, err
			}
			plan.Tables = append(plan.Tables, table)
		}
	}
	if len(plan.Tables) == 0 {
		return nil, exporter.WithHint(fmt.Errorf("nothing to prune at %s", exporter.WithoutQuery(p.location)),
			"Give the destination of an export with mode = \"append\" or layout = \"versioned\". Other exports have one file each.")
	}
	return plan, nil
}

// versions plans for a versioned layout. Each version holds everything.
func (p pruner) versions(ctx context.Context, at tableExports) (PrunePlan, error) {
	there, err := folderOf(ctx, p.from, at.destination, at.table.Name, "", at.pointer)
	if err != nil {
		return PrunePlan{}, fmt.Errorf("%s: %w", at.url(), err)
	}
	plan := PrunePlan{Location: at.url(), Table: at.table.Name, Kind: KindVersioned, at: at}
	all := at.pointer.Versions
	keep := p.options.Keep
	if keep == 0 {
		keep = len(all)
		if full := fullProofOf(&at.pointer.Manifest); full == nil {
			plan.Reason = "No version is proven in full, so all are kept."
		} else if i := slices.IndexFunc(all, func(one exporter.StoredFile) bool { return one.RunID == full.RunID }); i >= 0 {
			keep = i + 1
		}
	}
	keep = min(keep, len(all))
	plan.Keep, plan.Remove = versionsAt(at.destination, all[:keep]), versionsAt(at.destination, all[keep:])
	for _, one := range all[keep:] {
		plan.names = append(plan.names, one.File)
	}
	for _, name := range there.strays {
		file, err := openNamed(ctx, p.from, at.destination, name)
		if err != nil {
			return PrunePlan{}, err
		}
		plan.Remove, plan.names = append(plan.Remove, storedFile(at.destination.URL(name), file)), append(plan.names, name)
		if err := file.close(); err != nil {
			return PrunePlan{}, err
		}
	}
	plan.pointer = &pointed{at.pointer.Pointer, at.pointer.version}
	plan.pointer.Versions, plan.pointer.MovedBy = all[:keep], p.runID
	return plan, nil
}

// appended plans for an append: what stays never rests on a file that goes.
func (p pruner) appended(ctx context.Context, at tableExports) (PrunePlan, error) {
	files, newest, err := appendedFiles(ctx, p.from, at)
	if err != nil {
		return PrunePlan{}, err
	}
	plan := PrunePlan{Location: at.destination.URL(at.folder), Table: newest.Table, Kind: KindAppend, at: at}
	stays := make(map[string]bool) // by run
	full := slices.IndexFunc(files, func(file appendedFile) bool { return newest.FullProof != nil && file.RunID == newest.FullProof.RunID })
	switch {
	case newest.FullProof == nil:
		plan.Reason = "No run has proven the export in full, so every file is needed."
	case full < 0:
		plan.Reason = "The file of the last full proof, run " + newest.FullProof.RunID + ", is missing, so every file is needed."
	}
	for i, file := range files {
		if full < 0 || !olderThan(file, files[full], files) || p.options.Keep > 0 && i >= len(files)-p.options.Keep {
			stays[file.RunID] = true
		}
	}
	for _, file := range slices.Backward(files) { // a file comes behind the one that it continues
		if stays[file.RunID] && !file.holdsAll {
			stays[file.previous] = true
		}
	}
	for _, file := range slices.Backward(files) {
		if stays[file.RunID] {
			plan.Keep = append(plan.Keep, file.StoredFile)
			continue
		}
		plan.Remove, plan.names = append(plan.Remove, file.StoredFile), append(plan.names, file.name)
	}
	if plan.Reason == "" && p.options.Keep > 0 && len(plan.Keep) > p.options.Keep {
		plan.Reason = fmt.Sprintf("The newest files continue earlier ones, back to a full proof, so %d are needed.", len(plan.Keep))
	}
	return plan, nil
}

// olderThan reports whether a full proof leaves a file behind: it is one of those that the
// proof went on from, or its run ended before that of the proof began.
func olderThan(file, full appendedFile, files []appendedFile) bool {
	run := full.previous
	for _, one := range slices.Backward(files) {
		if one.RunID != run {
			continue
		}
		if one.RunID == file.RunID {
			return true
		}
		run = one.previous
	}
	return file.sequence < full.sequence && file.FinishedAt.Before(full.started)
}

// Apply claims the destination, sees that the plan still holds, and removes the files. It
// returns those that are gone, also after an error.
func (p *Pruning) Apply(ctx context.Context) (removed []string, err error) {
	at, err := p.pruner.lockable(p.Tables[0].at)
	if err != nil {
		return nil, err
	}
	unlock, err := at.Lock(ctx, p.RunID)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	now, err := planPrune(ctx, p.pruner)
	if err != nil {
		return nil, err
	}
	if !slices.EqualFunc(p.Tables, now.Tables, func(a, b PrunePlan) bool { return slices.Equal(a.names, b.names) }) {
		return nil, exporter.WithHint(fmt.Errorf("%s has changed since the plan was made", exporter.WithoutQuery(p.pruner.location)),
			"Another run has written it meanwhile. Run prune again.")
	}
	for _, table := range now.Tables {
		if len(table.names) > 0 && table.pointer != nil {
			// Moved first: no pointer names a file that goes, and no run that has read the old
			// one can name it again.
			if err := movePointer(context.WithoutCancel(ctx), table.at.destination, table.pointer.Pointer, table.pointer.version); err != nil {
				return removed, fmt.Errorf("write %s: %w", table.Location, err)
			}
		}
		// The newest first: whatever is left after an error rests on files that are there.
		for _, name := range table.names {
			if err := ctx.Err(); err != nil {
				return removed, err
			}
			if err := table.at.destination.Remove(ctx, name); err != nil {
				return removed, fmt.Errorf("remove %s: %w", table.at.destination.URL(name), err)
			}
			removed = append(removed, table.at.destination.URL(name))
		}
	}
	return removed, nil
}

// lockable is the destination that runs of the export claim: the folder around that of the
// files.
func (p pruner) lockable(at tableExports) (exporter.Destination, error) {
	parent := parentOf(p.location)
	if at.folder != "" || parent == "" {
		return at.destination, nil
	}
	return p.from.destination(parent)
}
