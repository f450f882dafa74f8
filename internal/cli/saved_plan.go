package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/engine/teams"
	"github.com/lemexport/lemexport/internal/private"
	"github.com/lemexport/lemexport/schema"
)

// savedVersion is the version of the files of plan -out.
const savedVersion = 1

// savedPlan is what plan -out writes: what an apply needs to find out that it would do
// the same. It holds no secret and no value of a variable.
type savedPlan struct {
	Version int `json:"lemexport_plan"`
	// Program is the version of lemexport.
	Program string `json:"program"`
	// Folder is the working folder, where relative paths start.
	Folder string `json:"folder"`
	// Path is that of the configuration, and VariableFiles are those of -var-file.
	Path          string   `json:"path"`
	VariableFiles []string `json:"variable_files,omitempty"`
	Full          bool     `json:"full,omitempty"`
	// Teams has the plan of each team, in the order of the configuration.
	Teams []savedTeam `json:"teams"`
}

// savedTeam is the plan of one team.
type savedTeam struct {
	Name string `json:"name,omitempty"`
	// Job is a digest of the configuration, without the secrets.
	Job       string        `json:"job"`
	TeamID    string        `json:"team_id"`
	Simulated bool          `json:"simulated,omitempty"`
	Exports   []savedExport `json:"exports"`
}

// savedExport is the plan of one file.
type savedExport struct {
	Action engine.Action `json:"action"`
	// Schema is the fingerprint of the table that is written.
	Schema string `json:"schema"`
	// File and Run are those of the current file; "" when there is none.
	File string `json:"file,omitempty"`
	Run  string `json:"run,omitempty"`
	// ReadsAll says that every inbox is read.
	ReadsAll bool `json:"reads_all"`
	// Removes are the files that go after the commit.
	Removes []string `json:"removes,omitempty"`
}

// newSavedPlan is the plan of jobs that were all planned.
func newSavedPlan(app App, arguments planArguments, jobs []exporter.Job, plans []engine.Plan) (savedPlan, error) {
	folder, err := os.Getwd()
	if err != nil {
		return savedPlan{}, err
	}
	saved := savedPlan{
		Version: savedVersion, Program: app.Version.Number, Folder: folder,
		Path: arguments.path, VariableFiles: arguments.variables.files, Full: arguments.full,
	}
	for i, job := range jobs {
		team, err := newSavedTeam(job, plans[i])
		if err != nil {
			return savedPlan{}, err
		}
		saved.Teams = append(saved.Teams, team)
	}
	return saved, nil
}

func newSavedTeam(job exporter.Job, plan engine.Plan) (savedTeam, error) {
	body, err := json.Marshal(job) // secrets do not appear in it
	if err != nil {
		return savedTeam{}, err
	}
	digest := sha256.Sum256(body)
	team := savedTeam{Name: job.Team, Job: hex.EncodeToString(digest[:]), TeamID: plan.Survey.TeamID, Simulated: plan.Survey.Simulated}
	for i, export := range plan.Exports {
		one := savedExport{
			Action: export.Action, Removes: export.Removes, ReadsAll: export.Increment == nil || export.Increment.ReadsAll(),
		}
		table, ok := schema.Lookup(export.Table)
		if !ok {
			return savedTeam{}, fmt.Errorf("unknown table %q", export.Table)
		}
		if table, err = table.Select(job.Exports[i].Columns.Selection); err != nil {
			return savedTeam{}, err
		}
		one.Schema = table.Fingerprint()
		if export.Current != nil {
			one.File, one.Run = cmp.Or(export.CurrentFile, export.File), export.Current.RunID
		}
		team.Exports = append(team.Exports, one)
	}
	return team, nil
}

// write puts the plan into a file that only its owner can read.
func (s savedPlan) write(name string) error {
	body, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := replaceable(name); err != nil {
		return err
	}
	_, err = private.Replace(name, private.FilePerm, private.Bytes(append(body, '\n')))
	return err
}

// replaceable fails when a file is there that is not a saved plan.
func replaceable(name string) error {
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	there, err := readSavedPlan(name)
	if err == nil && there == nil {
		err = exporter.WithHint(errors.New("a file with that name is there, and is not a plan"), "Give another name, or remove the file.")
	}
	return err
}

// readSavedPlan reads the file of plan -out at path; nil when it is something else.
func readSavedPlan(path string) (*savedPlan, error) {
	if !isRegular(path) {
		return nil, nil // a configuration, or an error that reading it explains
	}
	file, err := readSource(path)
	if err != nil {
		return nil, err
	}
	var head struct {
		Version int `json:"lemexport_plan"`
	}
	if isJSON := json.Unmarshal(file.Bytes, &head) == nil; !isJSON || head.Version == 0 {
		return nil, nil
	}
	saved := new(savedPlan)
	if head.Version != savedVersion || json.Unmarshal(file.Bytes, saved) != nil {
		return nil, planAgain(fmt.Errorf("%s is a plan of another version of lemexport", path))
	}
	return saved, nil
}

func isRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// planAgain adds what to do about a plan that cannot be applied.
func planAgain(err error) error {
	return exporter.WithHint(err, "Nothing was written. Run 'lemexport plan -out=FILE' again, look at the new plan, and apply that.")
}

// checkProgram refuses the plan of another program or folder.
func (s savedPlan) checkProgram(app App) error {
	folder, err := os.Getwd()
	switch {
	case err != nil:
		return err
	case s.Program != app.Version.Number:
		return planAgain(fmt.Errorf("the plan was made by lemexport %s, and this is %s", s.Program, app.Version.Number))
	case s.Folder != folder:
		return exporter.WithHint(fmt.Errorf("the plan was made in the folder %s, where its relative paths start", s.Folder), "Run apply there, or with -chdir.")
	}
	return nil
}

// jobs are the jobs of a configuration that the plan is for.
func (s savedPlan) jobs(all []exporter.Job) ([]exporter.Job, error) {
	var chosen []exporter.Job
	for _, team := range s.Teams {
		at := slices.Index(teamNames(all), team.Name)
		if at < 0 {
			return nil, planAgain(fmt.Errorf("the configuration has changed since the plan was made: the team %q is gone", team.Name))
		}
		chosen = append(chosen, all[at])
	}
	return chosen, nil
}

// check refuses a plan that would do something else than the saved one.
func (s savedPlan) check(job exporter.Job, now engine.Plan) error {
	at := slices.IndexFunc(s.Teams, func(team savedTeam) bool { return team.Name == job.Team })
	found, err := newSavedTeam(job, now)
	if err != nil {
		return err
	}
	if at < 0 {
		return fmt.Errorf("the plan has no team %q", job.Team)
	}
	if changed := s.Teams[at].changed(found); changed != "" {
		if job.Team != "" {
			changed = job.Team + ": " + changed
		}
		return planAgain(fmt.Errorf("the plan is out of date: %s", changed))
	}
	return nil
}

// checkAll is check for several teams; those that could not be planned count as changed.
func (s savedPlan) checkAll(jobs []exporter.Job, plans []teams.Planned) error {
	var failed []error
	for _, plan := range plans {
		if plan.Err != nil {
			failed = append(failed, exporter.WithHint(fmt.Errorf("%s: %w", plan.Team, plan.Err), exporter.Hint(plan.Err)))
			continue
		}
		failed = append(failed, s.check(jobs[slices.Index(teamNames(jobs), plan.Team)], plan.Plan))
	}
	return errors.Join(failed...)
}

// changed names the first difference between a team's saved plan and a new one.
func (t savedTeam) changed(now savedTeam) string {
	switch {
	case t.Job != now.Job || len(t.Exports) != len(now.Exports):
		return "the configuration has changed"
	case t.TeamID != now.TeamID || t.Simulated != now.Simulated:
		return fmt.Sprintf("the key is of the team %s, and was of %s", now.TeamID, t.TeamID)
	}
	for i, was := range t.Exports {
		is := now.Exports[i]
		switch {
		case was.Schema != is.Schema:
			return "the schema of the table has changed"
		case was.Run == "" && is.Run != "":
			return is.File + " was written meanwhile, by run " + is.Run
		case was.Run != "" && is.Run == "":
			return was.File + " is gone"
		case was.Run != is.Run || was.File != is.File:
			return fmt.Sprintf("%s is of run %s, and was of %s", is.File, is.Run, was.Run)
		case was.Action != is.Action || was.ReadsAll != is.ReadsAll || !slices.Equal(was.Removes, is.Removes):
			return "the plan is another one by now, because time has passed or files were added or removed"
		}
	}
	return ""
}
