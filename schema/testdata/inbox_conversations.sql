CREATE TABLE IF NOT EXISTS "inbox_conversations" (
    "id" VARCHAR NOT NULL,
    "team_id" VARCHAR,
    "contact_id" VARCHAR,
    "created_by" VARCHAR,
    "created_at" TIMESTAMP WITH TIME ZONE,
    "last_activity_at" TIMESTAMP WITH TIME ZONE,
    "have_replies" BOOLEAN,
    "last_replied_at" TIMESTAMP WITH TIME ZONE,
    "last_replied_channel" VARCHAR,
    "is_your_turn" BOOLEAN,
    "last_sent_at" TIMESTAMP WITH TIME ZONE,
    "last_sent_subject" VARCHAR,
    "last_sent_message_preview" VARCHAR,
    "last_replied_subject" VARCHAR,
    "last_replied_message_preview" VARCHAR,
    "channels" VARCHAR[],
    "users" STRUCT("user_id" VARCHAR, "sender" BOOLEAN, "read" BOOLEAN)[],
    "opportunities" STRUCT("id" VARCHAR, "type" VARCHAR, "done" BOOLEAN)[],
    "contact" STRUCT("id" VARCHAR, "full_name" VARCHAR, "email" VARCHAR),
    "extra" VARCHAR,
    "fetched_at" TIMESTAMP WITH TIME ZONE NOT NULL
);
COMMENT ON TABLE "inbox_conversations" IS 'One row per conversation of the team inbox, in its newest version';
COMMENT ON COLUMN "inbox_conversations"."id" IS 'Id of the conversation (ibx_…), unique in the table';
COMMENT ON COLUMN "inbox_conversations"."team_id" IS 'Id of the team (tea_…)';
COMMENT ON COLUMN "inbox_conversations"."contact_id" IS 'Id of the contact (ctc_…), the key of the thread endpoint';
COMMENT ON COLUMN "inbox_conversations"."created_by" IS 'What opened the conversation: an activity (act_…) or a user (usr_…)';
COMMENT ON COLUMN "inbox_conversations"."created_at" IS 'When the conversation was created';
COMMENT ON COLUMN "inbox_conversations"."last_activity_at" IS 'Newest activity of any kind; the inbox is sorted by it, newest first';
COMMENT ON COLUMN "inbox_conversations"."have_replies" IS 'Whether the contact has replied at least once';
COMMENT ON COLUMN "inbox_conversations"."last_replied_at" IS 'When lemlist registered the newest reply; later than the reply''s own date';
COMMENT ON COLUMN "inbox_conversations"."last_replied_channel" IS 'Channel of the newest reply: email, linkedin, …; an open set';
COMMENT ON COLUMN "inbox_conversations"."is_your_turn" IS 'Whether the contact is waiting for the team';
COMMENT ON COLUMN "inbox_conversations"."last_sent_at" IS 'When the newest message was sent; null when nothing was';
COMMENT ON COLUMN "inbox_conversations"."last_sent_subject" IS 'Subject of the newest message sent, for email';
COMMENT ON COLUMN "inbox_conversations"."last_sent_message_preview" IS 'About 100 characters of the newest message sent; reported stale at times';
COMMENT ON COLUMN "inbox_conversations"."last_replied_subject" IS 'Subject of the newest reply, for email';
COMMENT ON COLUMN "inbox_conversations"."last_replied_message_preview" IS 'About 100 characters of the newest reply';
COMMENT ON COLUMN "inbox_conversations"."channels" IS 'Channels of the conversation, in no order; an open set';
COMMENT ON COLUMN "inbox_conversations"."users" IS 'Users of the team who take part';
COMMENT ON COLUMN "inbox_conversations"."opportunities" IS 'Tasks attached to the conversation';
COMMENT ON COLUMN "inbox_conversations"."contact" IS 'The contact; null where the API leaves it out';
COMMENT ON COLUMN "inbox_conversations"."extra" IS 'What the API sent and no column holds in full, as a JSON object; null when there is nothing';
COMMENT ON COLUMN "inbox_conversations"."fetched_at" IS 'When the page that held this version arrived, by the local clock';
