package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/lemexport/lemexport/bench/inbox"
	"github.com/lemexport/lemexport/bench/process"
)

// conversation is what a first version of such a program would have: one struct
// for both sides.
type conversation struct {
	ID                        string        `json:"_id" parquet:"id"`
	TeamID                    *string       `json:"teamId" parquet:"team_id,optional,dict"`
	ContactID                 *string       `json:"contactId" parquet:"contact_id,optional"`
	CreatedBy                 *string       `json:"createdBy" parquet:"created_by,optional"`
	CreatedAt                 *time.Time    `json:"createdAt" parquet:"created_at,optional,timestamp(microsecond)"`
	LastActivityAt            *time.Time    `json:"lastActivityAt" parquet:"last_activity_at,optional,timestamp(microsecond)"`
	HaveReplies               *bool         `json:"haveReplies" parquet:"have_replies,optional"`
	LastRepliedAt             *time.Time    `json:"lastRepliedAt" parquet:"last_replied_at,optional,timestamp(microsecond)"`
	LastRepliedChannel        *string       `json:"lastRepliedChannel" parquet:"last_replied_channel,optional,dict"`
	IsYourTurn                *bool         `json:"isYourTurn" parquet:"is_your_turn,optional"`
	LastSentAt                *time.Time    `json:"lastSentAt" parquet:"last_sent_at,optional,timestamp(microsecond)"`
	LastSentSubject           *string       `json:"lastSentSubject" parquet:"last_sent_subject,optional"`
	LastSentMessagePreview    *string       `json:"lastSentMessagePreview" parquet:"last_sent_message_preview,optional"`
	LastRepliedSubject        *string       `json:"lastRepliedSubject" parquet:"last_replied_subject,optional"`
	LastRepliedMessagePreview *string       `json:"lastRepliedMessagePreview" parquet:"last_replied_message_preview,optional"`
	Channels                  []string      `json:"channels" parquet:"channels,list"`
	Users                     []user        `json:"users" parquet:"users,list"`
	Opportunities             []opportunity `json:"opportunities" parquet:"opportunities,list"`
	Contact                   *contact      `json:"contact" parquet:"contact,optional"`
	FetchedAt                 time.Time     `json:"-" parquet:"fetched_at,timestamp(microsecond)"`
}

type user struct {
	UserID *string `json:"userId" parquet:"user_id,optional,dict"`
	Sender *bool   `json:"sender" parquet:"sender,optional"`
	Read   *bool   `json:"read" parquet:"read,optional"`
}

type opportunity struct {
	ID   *string `json:"id" parquet:"id,optional"`
	Type *string `json:"type" parquet:"type,optional,dict"`
	Done bool    `json:"done" parquet:"done"`
}

type contact struct {
	ID       *string `json:"_id" parquet:"id,optional"`
	FullName *string `json:"fullName" parquet:"full_name,optional"`
	Email    *string `json:"email" parquet:"email,optional"`
}

// standardLibrary reads with encoding/json and writes with parquet-go's
// GenericWriter. A row whose types surprise encoding/json keeps what fits.
func standardLibrary(_ context.Context, task process.Task) (err error) {
	file, err := os.Create(task.Out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	writer := parquet.NewGenericWriter[conversation](file, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(50_000))
	err = inbox.Each(task.Pages, func(body []byte) error {
		var page struct {
			Data []json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return err
		}
		rows := make([]conversation, len(page.Data))
		for i, raw := range page.Data {
			if err := json.Unmarshal(raw, &rows[i]); err != nil {
				if _, surprising := errors.AsType[*json.UnmarshalTypeError](err); !surprising {
					if _, odd := errors.AsType[*time.ParseError](err); !odd {
						return err
					}
				}
			}
			rows[i].FetchedAt = inbox.Fetched()
		}
		_, err := writer.Write(rows)
		return err
	})
	return errors.Join(err, writer.Close())
}
