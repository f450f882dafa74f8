package convert

import (
	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// FromProof returns the message of a proof, nil for none.
func FromProof(proof *exporter.Proof) *pluginv1.Proof {
	if proof == nil {
		return nil
	}
	message := &pluginv1.Proof{
		Complete: proof.Complete, Reasons: proof.Reasons, Method: proof.Method, SkippedUsers: fromSkipped(proof.Skipped),
		Requests: proof.Requests, Retries: proof.Retries, Throttled: proof.Throttled,
		ResumedPages: proof.Resumed, ResumedFrom: fromTime(proof.ResumedFrom),
		RowsRead: proof.RowsRead, Rows: proof.Rows, Duplicates: proof.Duplicates, Superseded: proof.Superseded,
	}
	if margin := proof.Margin; margin != nil {
		message.Margin = &pluginv1.ProofMargin{LookbackSeconds: margin.LookbackSeconds, SettleSeconds: margin.SettleSeconds}
	}
	for _, user := range proof.Partitions {
		message.Users = append(message.Users, &pluginv1.UserProof{
			UserId: user.Partition, Pages: user.Pages, Requests: user.Requests, Retries: user.Retries, RowsRead: user.RowsRead,
			Duplicates: user.Duplicates, Superseded: user.Superseded, TotalItemsStart: user.TotalStart, TotalItemsEnd: user.TotalEnd,
			Passes: user.Passes, Sweeps: user.Sweeps, StepBacks: user.StepBacks, Complete: user.Complete,
			Method: user.Method, Doubt: user.Doubt, Reason: user.Reason, Watermark: fromTime(user.Watermark),
			Since: fromTime(user.Since), Widened: user.Widened, Reopened: user.Reopened, LookbackSeconds: user.LookbackSeconds,
		})
	}
	return message
}

// ToProof is the inverse of FromProof.
func ToProof(message *pluginv1.Proof) *exporter.Proof {
	if message == nil {
		return nil
	}
	proof := &exporter.Proof{
		Complete: message.GetComplete(), Reasons: message.GetReasons(), Method: message.GetMethod(), Skipped: toSkipped(message.GetSkippedUsers()),
		Requests: message.GetRequests(), Retries: message.GetRetries(), Throttled: message.GetThrottled(),
		Resumed: message.GetResumedPages(), ResumedFrom: toTime(message.GetResumedFrom()),
		RowsRead: message.GetRowsRead(), Rows: message.GetRows(), Duplicates: message.GetDuplicates(), Superseded: message.GetSuperseded(),
	}
	if margin := message.GetMargin(); margin != nil {
		proof.Margin = &exporter.ProofMargin{LookbackSeconds: margin.GetLookbackSeconds(), SettleSeconds: margin.GetSettleSeconds()}
	}
	for _, user := range message.GetUsers() {
		proof.Partitions = append(proof.Partitions, exporter.PartitionProof{
			Partition: user.GetUserId(), Pages: user.GetPages(), Requests: user.GetRequests(), Retries: user.GetRetries(), RowsRead: user.GetRowsRead(),
			Duplicates: user.GetDuplicates(), Superseded: user.GetSuperseded(), TotalStart: user.TotalItemsStart, TotalEnd: user.TotalItemsEnd,
			Passes: user.GetPasses(), Sweeps: user.GetSweeps(), StepBacks: user.GetStepBacks(), Complete: user.GetComplete(),
			Method: user.GetMethod(), Doubt: user.GetDoubt(), Reason: user.GetReason(), Watermark: toTime(user.GetWatermark()),
			Since: toTime(user.GetSince()), Widened: user.GetWidened(), Reopened: user.GetReopened(), LookbackSeconds: user.LookbackSeconds,
		})
	}
	return proof
}
