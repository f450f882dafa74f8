package kubernetes

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

var example = filepath.Join("..", "..", "..", "examples", "kubernetes", "lemexport.yaml")

// manifest is what examples/kubernetes creates.
type manifest struct {
	configMap      corev1.ConfigMap
	serviceAccount corev1.ServiceAccount
	claim          corev1.PersistentVolumeClaim
	cronJob        batchv1.CronJob
}

func (m *manifest) job() *batchv1.JobSpec        { return &m.cronJob.Spec.JobTemplate.Spec }
func (m *manifest) pod() *corev1.PodSpec         { return &m.job().Template.Spec }
func (m *manifest) container() *corev1.Container { return &m.pod().Containers[0] }

// into is what a document of a kind is decoded into.
func (m *manifest) into(kind string) (target any) {
	return map[string]any{
		"ConfigMap": &m.configMap, "ServiceAccount": &m.serviceAccount, "PersistentVolumeClaim": &m.claim, "CronJob": &m.cronJob,
	}[kind]
}

// decode reads the manifest as the API does with fieldValidation=Strict: a field that no
// type has, or that stands twice, is an error.
func decode(t *testing.T) *manifest {
	t.Helper()
	body, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	var read manifest
	for document := range bytes.SplitSeq(body, []byte("\n---\n")) {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			t.Fatal(err)
		}
		target := read.into(kind.Kind)
		if target == nil {
			t.Fatalf("unknown kind %q", kind.Kind)
		}
		if err := yaml.UnmarshalStrict(document, target); err != nil {
			t.Fatalf("%s: %v", kind.Kind, err)
		}
	}
	return &read
}

func TestShardsFailAlone(t *testing.T) {
	m := decode(t)
	job := m.job()
	if m.cronJob.APIVersion != batchv1.SchemeGroupVersion.String() || m.cronJob.Spec.ConcurrencyPolicy != batchv1.ForbidConcurrent {
		t.Errorf("%s with concurrency %s", m.cronJob.APIVersion, m.cronJob.Spec.ConcurrencyPolicy)
	}
	if job.CompletionMode == nil || *job.CompletionMode != batchv1.IndexedCompletion || job.BackoffLimitPerIndex == nil {
		t.Error("the job has no index whose failures count alone")
	}
	// The API refuses a limit per index, and a failure policy, with anything else.
	if m.pod().RestartPolicy != corev1.RestartPolicyNever || *job.PodReplacementPolicy != batchv1.Failed {
		t.Errorf("restart policy %s, replacement policy %s", m.pod().RestartPolicy, *job.PodReplacementPolicy)
	}
	if *job.Completions != *job.Parallelism {
		t.Errorf("%d of %d shards run at once", *job.Parallelism, *job.Completions)
	}
}

func TestTheProcessHasNoPrivileges(t *testing.T) {
	m := decode(t)
	pod, own := m.pod(), m.container().SecurityContext
	if context := pod.SecurityContext; !*context.RunAsNonRoot || *context.RunAsUser == 0 || context.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("the pod runs with %v", context)
	}
	if *own.AllowPrivilegeEscalation || !*own.ReadOnlyRootFilesystem || !slices.Equal(own.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Errorf("the container runs with %v", own)
	}
	if *pod.AutomountServiceAccountToken {
		t.Error("the container gets a token of the API")
	}
	limit, asked := m.container().Resources.Limits.Memory(), m.container().Resources.Requests.Memory()
	if limit.IsZero() || !limit.Equal(*asked) {
		t.Errorf("memory: %v asked, %v at most", asked, limit)
	}
}

func TestEveryVolumeIsThere(t *testing.T) {
	m := decode(t)
	var mounted, named []string
	for _, mount := range m.container().VolumeMounts {
		mounted = append(mounted, mount.Name)
	}
	for _, volume := range m.pod().Volumes {
		named = append(named, volume.Name)
		switch {
		case volume.ConfigMap != nil && volume.ConfigMap.Name != m.configMap.Name,
			volume.PersistentVolumeClaim != nil && volume.PersistentVolumeClaim.ClaimName != m.claim.Name:
			t.Errorf("volume %s is of an object that is not in the manifest", volume.Name)
		}
	}
	if slices.Sort(mounted); !slices.Equal(mounted, slices.Sorted(slices.Values(named))) {
		t.Errorf("volumes %s, mounts %s", named, mounted)
	}
	if m.pod().ServiceAccountName != m.serviceAccount.Name {
		t.Errorf("the pod has the service account %s", m.pod().ServiceAccountName)
	}
	if strings.Contains(m.configMap.Data["main.hcl"], "env(") {
		t.Error("the configuration reads a key from the environment")
	}
}
